"""Plumbing that every service shares. It knows nothing of statistics."""
