"""Waiting until services say that they are well."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import httpx2

_ALWAYS = ("service", "healthy")
Progress = Callable[[str, float], None]
"""Told the name of each thing that is up, and the seconds it took."""


def silent(name: str, seconds: float) -> None:
    """The progress of whoever doesn't want any."""


def wait(addresses: Mapping[str, str], timeout: float, progress: Progress = silent) -> None:
    """Polls /healthz below each named address until it says 200.

    TimeoutError names those that did not within so many seconds, with what each answered last.
    """
    began = time.monotonic()
    waiting = dict.fromkeys(addresses, "no answer")
    with httpx2.Client(trust_env=False, timeout=2) as client:
        while True:
            for name in list(waiting):
                waiting[name] = _trouble(client, addresses[name])
                if not waiting[name]:
                    del waiting[name]
                    progress(name, time.monotonic() - began)
            if not waiting:
                return
            if time.monotonic() - began > timeout:
                raise TimeoutError(f"not healthy after {timeout:.0f} s: {waiting}")
            time.sleep(0.05)


def seen(addresses: Mapping[str, str]) -> dict[str, str]:
    """What /healthz below each named address says now: blank where all is well, else what is not."""
    with httpx2.Client(trust_env=False, timeout=2) as client:
        return {name: _trouble(client, address) for name, address in addresses.items()}


def _trouble(client: httpx2.Client, address: str) -> str:
    try:
        said = client.get(f"{address}/healthz")
    except httpx2.HTTPError as error:
        return type(error).__name__
    if said.status_code == httpx2.codes.OK:
        return ""
    try:
        body = dict(said.json())
    except (ValueError, TypeError):  # whatever listens there is none of ours
        return f"HTTP {said.status_code}"
    return ", ".join(f"{name}: {body[name]}" for name in body if name not in _ALWAYS)
