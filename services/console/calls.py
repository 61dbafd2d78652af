"""Asking the other services, always with the person's own token: they decide what that person may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from services.kernel.refused import AGAIN, Refused
from services.kernel.settings import Settings

TIMEOUT = httpx2.Timeout(15, connect=3)
CONNECTIONS = httpx2.Limits(max_connections=200, max_keepalive_connections=20)


class Away(Exception):
    """A service can't be reached, or isn't ready: try again in a few seconds."""


class Services:
    """The APIs that the console calls."""

    def __init__(
        self, config: Settings, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._urls = {
            "catalogue": config.catalogue_url,
            "intake": config.intake_url,
            "audit": config.audit_url,
            "policy": config.policy_url,
            "validation": config.validation_url,
        }
        self._client = httpx2.AsyncClient(
            timeout=TIMEOUT, limits=CONNECTIONS, trust_env=False, transport=transport
        )

    async def get(
        self, service: str, path: str, token: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        """The JSON of a GET; raises Refused or Away."""
        return await self._json("GET", service, path, token, params=_given(parameters))

    async def post(
        self, service: str, path: str, token: str, body: Mapping[str, Any], client: str = ""
    ) -> Any:
        """The JSON of a POST; raises Refused or Away. A blank token sends none. `client`: the address of who asks."""
        return await self._json("POST", service, path, token, client, json=body)

    async def upload(
        self, service: str, path: str, token: str, content: bytes, parameters: Mapping[str, Any]
    ) -> httpx2.Response:
        """A POST of a file; raises Refused or Away."""
        return await self._answer(
            "POST", service, path, token, params=_given(parameters), content=content
        )

    async def put(self, service: str, path: str, token: str, body: Mapping[str, Any]) -> None:
        """A PUT that is answered without content; raises Refused or Away."""
        await self._answer("PUT", service, path, token, json=body)

    async def delete(self, service: str, path: str, token: str) -> None:
        """A DELETE that is answered without content; raises Refused or Away."""
        await self._answer("DELETE", service, path, token)

    async def tell(self, service: str, path: str, body: Mapping[str, Any]) -> None:
        """A POST without a token that is answered without content; raises Refused or Away."""
        await self._answer("POST", service, path, "", json=body)

    @asynccontextmanager
    async def download(
        self, service: str, path: str, token: str, parameters: Mapping[str, Any] | None = None
    ) -> AsyncIterator[httpx2.Response]:
        """A GET whose content is passed on as it comes; raises Refused or Away before the first byte."""
        request = self._client.build_request(
            "GET", self._urls[service] + path, params=_given(parameters), headers=_headers(token)
        )
        try:
            answer = await self._client.send(request, stream=True)
        except httpx2.TransportError as error:
            raise Away(service) from error
        try:
            if not answer.is_success:
                await answer.aread()
                raise _refusal(service, answer)
            yield answer
        finally:
            await answer.aclose()

    async def _json(
        self, method: str, service: str, path: str, token: str, client: str = "", **more: Any
    ) -> Any:
        answer = await self._answer(method, service, path, token, client, **more)
        try:
            return answer.json()
        except ValueError as error:
            raise Away(service) from error

    async def _answer(
        self, method: str, service: str, path: str, token: str, client: str = "", **more: Any
    ) -> httpx2.Response:
        try:
            answer = await self._client.request(
                method, self._urls[service] + path, headers=_headers(token, client), **more
            )
        except httpx2.TransportError as error:
            raise Away(service) from error
        if not answer.is_success:
            raise _refusal(service, answer)
        return answer

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.aclose()


def _headers(token: str, client: str = "") -> dict[str, str]:
    headers = {"Authorization": token and f"Bearer {token}", "X-Forwarded-For": client}
    return {name: value for name, value in headers.items() if value}


def _given(parameters: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without those that are None; None for none at all, since even an empty dict replaces an address's own."""
    return {name: value for name, value in (parameters or {}).items() if value is not None} or None


def _refusal(service: str, answer: httpx2.Response) -> Exception:
    """Refused, or Away where trying again later helps."""
    return Away(service) if answer.status_code in AGAIN else Refused.of(answer)
