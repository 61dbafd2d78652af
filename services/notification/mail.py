"""E-mail by SMTP (RFC 5321). Whether the server has the mail is certain until its text is handed over, not after."""

from __future__ import annotations

import asyncio
import re
from email.message import EmailMessage
from email.policy import SMTP as FOLDED
from email.utils import format_datetime

import structlog
from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPResponseException

from services.kernel.clock import Clock
from services.notification.delivery import Ending, Letter, Result
from services.notification.settings import DeliverySettings

SECONDS = 20.0
"""For each answer of the server, and for all before the text is handed over."""
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")

WIRE = FOLDED.clone(max_line_length=998)
"""Python folds a long subject into two encoded words and loses the space between them (cpython 92081): one line, then,
of at most what RFC 5322 allows."""

log = structlog.get_logger()


class Mail:
    """The channel `email`. One connection a mail: notices are few, and servers end idle connections."""

    repeats = False
    gathers = True

    def __init__(self, config: DeliverySettings, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    async def deliver(self, letter: Letter) -> Result:
        """Tries once, within two times SECONDS."""
        if not self._config.smtp_from:
            return Result(Ending.REFUSED, "SOLIEU_SMTP_FROM is empty")
        client = self._client()
        try:
            try:
                content = self._content(letter)
                async with asyncio.timeout(SECONDS):
                    await self._prepare(client, letter.address)
            except SMTPResponseException as error:
                return _refusal(error)
            except (SMTPException, OSError, TimeoutError) as error:
                return Result(Ending.REFUSED, type(error).__name__)
            except ValueError as error:  # an address or a header that SMTP can't carry
                return Result(Ending.REJECTED, type(error).__name__)
            return await _hand_over(client, content)
        finally:
            client.close()

    def _client(self) -> SMTP:
        config = self._config
        return SMTP(
            hostname=config.smtp_host,
            port=config.smtp_port,
            timeout=SECONDS,
            use_tls=config.smtp_security == "tls",
            start_tls=config.smtp_security == "starttls",
        )

    async def _prepare(self, client: SMTP, address: str) -> None:
        """Everything before the text."""
        config = self._config
        await client.connect()
        if config.smtp_username:
            await client.login(config.smtp_username, config.smtp_password.get_secret_value())
        await client.mail(config.smtp_from, encoding="ascii")
        await client.rcpt(address, encoding="ascii")

    def _content(self, letter: Letter) -> bytes:
        message = EmailMessage(policy=WIRE)
        message["From"] = self._config.smtp_from
        message["To"] = letter.address
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock())
        domain = self._config.smtp_from.rpartition("@")[2]
        message["Message-ID"] = f"<{letter.notice_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message["Content-Language"] = "vi, en"
        message.set_content(letter.body, cte="base64")
        return message.as_bytes()


async def _hand_over(client: SMTP, content: bytes) -> Result:
    """From here on only the server's own word makes it certain."""
    try:
        await client.data(content, timeout=SECONDS)
    except SMTPDataError as error:
        return _refusal(error) if 400 <= error.code < 600 else _doubt(error)
    except Exception as error:
        return _doubt(error)
    return Result(Ending.SENT)


def _doubt(error: Exception) -> Result:
    log.warning("uncertain", error=type(error).__name__)
    return Result(Ending.UNCERTAIN, type(error).__name__)


def _refusal(error: SMTPResponseException) -> Result:
    """4yz may be mended by waiting, 5yz not (RFC 5321, 4.2.1). Its words may name an address: only codes."""
    match = ENHANCED.match(str(error.message))
    code = f"SMTP {error.code} {match[0]}" if match else f"SMTP {error.code}"
    forever = 500 <= error.code < 600
    return Result(Ending.REJECTED if forever else Ending.REFUSED, code)
