"""Workbooks that an agency has not sent yet: checked, made ready, and signed in a browser."""
