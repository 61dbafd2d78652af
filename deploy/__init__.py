"""Running the product: on one machine (local.py), as containers, on a cluster."""
