"""The grdp service."""
