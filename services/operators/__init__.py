"""Operators' commands: migrations, topics, schemas, dead letters, reconciliation. No process."""
