"""The console as a program visits it: a browser's cookies and forms, without a browser."""

from __future__ import annotations

import re

import httpx2

FORM = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form that stands on the site's own page."""


def form_token(page: str) -> str:
    """What the forms of a page carry; AssertionError where it has none."""
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def log_in(client: httpx2.Client, person: str, password: str) -> httpx2.Response:
    """Fills the form of the login; the client keeps the cookie."""
    token = form_token(client.get("/login").text)
    fields = {"person": person, "password": password, "form_token": token}
    return client.post("/login", data=fields, headers=FORM)
