"""The shared vocabulary of the services: pure, without Kafka, database or clock."""
