"""The routes of validation's API."""
