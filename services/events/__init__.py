"""Events: one frozen class for each topic, by the service that publishes it. The schemas are made from them."""
