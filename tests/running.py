"""What tests ask of a running stack: as its operator would."""

from __future__ import annotations

from typing import Any

import httpx2

from deploy.stack import Stack


def client(stack: Stack, program: str, headers: dict[str, str] | None = None) -> httpx2.Client:
    """A client of one API of the stack."""
    return httpx2.Client(base_url=stack.url(program), headers=headers, timeout=30, trust_env=False)


def bearer(stack: Stack, holder: str) -> dict[str, str]:
    """The header that shows a program's token: administrator, compiler or operator."""
    return {"Authorization": f"Bearer {stack.state.tokens[holder]}"}


def operator(stack: Stack, service: str, path: str, **query: Any) -> dict[str, Any]:
    """What the API of a service answers to the operator."""
    with client(stack, f"{service}-api", bearer(stack, "operator")) as asking:
        answer: dict[str, Any] = asking.get(path, params=query).raise_for_status().json()
    return answer
