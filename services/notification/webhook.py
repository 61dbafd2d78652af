"""Web hooks by the Standard Webhooks specification: at least once, known by `webhook-id`, signed with a secret."""

from __future__ import annotations

import asyncio
import base64
import secrets
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx2
from standardwebhooks.webhooks import Webhook

from services.kernel.clock import Clock
from services.notification.delivery import Ending, Letter, Result
from services.notification.targets import Forbidden, Network, Resolver, check, resolve

SECONDS = 15.0
"""For one try; Standard Webhooks recommends 15 to 30."""
OVERLAP = timedelta(days=1)
"""So long a hook is signed with the secret before, too, so that a change loses nothing."""
SECRET_BYTES = 32
GONE = 410
"""The recipient's word that it wants no more."""

Secrets = Callable[[str], list[str]]
"""The secrets of an organisation that are in force, the newest first; none where none was ever made."""


def new_secret() -> bytes:
    """A secret that nobody has yet."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """A secret in the form that libraries of Standard Webhooks take."""
    return "whsec_" + base64.b64encode(secret).decode()


def in_force(
    secret: bytes, previous: bytes | None, changed_at: datetime, now: datetime
) -> list[bytes]:
    """What to sign with now."""
    return [secret, previous] if previous and now < changed_at + OVERLAP else [secret]


class WebHook:
    """The channel `webhook`."""

    repeats = True
    gathers = False

    def __init__(
        self,
        known: Secrets,
        inner: tuple[Network, ...],
        clock: Clock,
        resolver: Resolver = resolve,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._known = known
        self._inner = inner
        self._clock = clock
        self._resolver = resolver
        self._verify = verify

    async def deliver(self, letter: Letter) -> Result:
        """Tries once, within SECONDS. No redirect is followed, nothing of the answer but its status is read."""
        known = await asyncio.to_thread(self._known, letter.recipient)
        if not known:
            return Result(Ending.REFUSED, "no-secret")
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(letter, self._headers(letter, known))
        except Forbidden as error:
            return Result(Ending.REJECTED, str(error))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return Result(Ending.REFUSED, type(error).__name__)
        except (httpx2.HTTPError, TimeoutError) as error:
            return Result(Ending.UNCERTAIN, type(error).__name__)
        except OSError as error:  # the name has no address
            return Result(Ending.REFUSED, type(error).__name__)
        except httpx2.InvalidURL as error:
            return Result(Ending.REJECTED, type(error).__name__)

    async def _post(self, letter: Letter, headers: dict[str, str]) -> Result:
        target = await check(letter.address, self._inner, self._resolver)
        headers["Host"] = target.host
        async with (
            httpx2.AsyncClient(
                trust_env=False, follow_redirects=False, verify=self._verify
            ) as client,
            client.stream(
                "POST",
                target.url,
                content=letter.body.encode(),
                headers=headers,
                extensions={"sni_hostname": target.name},
            ) as answer,
        ):
            return _judge(answer.status_code)

    def _headers(self, letter: Letter, known: list[str]) -> dict[str, str]:
        now = self._clock()
        id_ = str(letter.event_id)
        signatures = [Webhook(secret).sign(id_, now, letter.body) for secret in known]
        return {
            "Content-Type": "application/json",
            "User-Agent": "solieu",
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _judge(status: int) -> Result:
    if 200 <= status < 300:
        return Result(Ending.SENT)
    return Result(Ending.REJECTED if status == GONE else Ending.REFUSED, f"HTTP {status}")
