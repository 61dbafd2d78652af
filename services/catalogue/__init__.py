"""The catalogue: organisations, senders' keys, forms, items, regulations, code lists; every version is kept."""
