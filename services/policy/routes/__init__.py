"""The routes of policy's API, one module each, and what they share."""
