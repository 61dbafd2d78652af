"""Mail to a real SMTP server and web hooks to a real HTTP server, in all the ways that they can end."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.kernel.clock import utc_now
from services.notification import mail, webhook
from services.notification.delivery import (
    MOST_ATTEMPTS,
    Change,
    Ending,
    Letter,
    Result,
    follow,
    pause,
)
from services.notification.mail import Mail
from services.notification.settings import DeliverySettings
from services.notification.store import State
from services.notification.targets import Forbidden, check, networks, resolve
from services.notification.webhook import OVERLAP, WebHook, in_force, new_secret, written

NOW = datetime.now(UTC).replace(microsecond=0)
LETTER = Letter(
    notice_id=uuid4(),
    event_id=uuid4(),
    recipient="so-tai-chinh-dien-bien",
    address="vanthu@so.example",
    subject="Không tiếp nhận tài liệu bí mật nhà nước; biểu cv17809-1, kỳ 2025-Q4: trả lại để sửa",
    body="Kính gửi Sở,\n\n.một dòng bắt đầu bằng dấu chấm\n\n" + "dài " * 400 + "\n",
    attempts=1,
    perhaps=False,
    topic="submission.returned",
)
LOOPBACK = networks("127.0.0.0/8, ::1/128")


@dataclass
class Mailbox:
    """What an SMTP server got; it answers RCPT and DATA as it is told."""

    rcpt: str = "250 OK"
    data: str | None = "250 OK"
    """None: it takes the text, and the connection ends without an answer."""
    got: list[Any] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(envelope)
        if self.data is None:
            server.transport.abort()
            return "250 never seen"
        return self.data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def smtp(box: Mailbox) -> Iterator[Mailbox]:
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def send(port: int, letter: Letter = LETTER, **changes: Any) -> Result:
    given: dict[str, Any] = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_from": "so-lieu@thongke.example",
    }
    return asyncio.run(Mail(DeliverySettings(**given | changes), lambda: NOW).deliver(letter))


def test_a_mail_arrives_whole() -> None:
    with smtp(Mailbox()) as box:
        assert send(box.port) == Result(Ending.SENT)
    (envelope,) = box.got
    assert envelope.rcpt_tos == [LETTER.address]
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Subject"] == LETTER.subject
    assert message["To"] == LETTER.address
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{LETTER.notice_id}@thongke.example>"
    assert message.get_content().replace("\r\n", "\n") == LETTER.body
    assert max(len(line) for line in envelope.content.split(b"\r\n")) <= 998
    assert envelope.content.isascii()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("450 4.2.1 <vanthu@so.example> busy", Result(Ending.REFUSED, "SMTP 450 4.2.1")),
        ("550 5.1.1 <vanthu@so.example> unknown", Result(Ending.REJECTED, "SMTP 550 5.1.1")),
        ("550 no vanthu@so.example here", Result(Ending.REJECTED, "SMTP 550")),
    ],
)
@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_refusal_is_certain_and_its_error_holds_no_address(
    where: str, answer: str, expected: Result
) -> None:
    told = Mailbox(rcpt=answer) if where == "rcpt" else Mailbox(data=answer)
    with smtp(told) as box:
        assert send(box.port) == expected


def test_a_server_that_goes_after_the_text_leaves_it_uncertain() -> None:
    with smtp(Mailbox(data=None)) as box:
        result = send(box.port)
    assert len(box.got) == 1
    assert result.ending is Ending.UNCERTAIN


def test_a_server_that_is_away_or_speaks_something_else_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    assert send(free_port()).ending is Ending.REFUSED
    assert send(free_port(), smtp_host="nowhere.invalid").ending is Ending.REFUSED
    with http(Hooks()) as hooks:
        assert send(hooks.port).ending is Ending.REFUSED


def test_a_server_that_never_answers_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert send(silent.getsockname()[1]).ending is Ending.REFUSED


def test_what_smtp_cannot_carry_is_rejected_and_raises_nothing() -> None:
    with smtp(Mailbox()) as box:
        for address in ("văn-thư@sở.example", "a@b.example\r\nRCPT TO:<c@d.example>"):
            result = send(box.port, replace(LETTER, address=address))
            assert result.ending is Ending.REJECTED
        assert send(box.port, replace(LETTER, subject="a\r\nBcc: b")).ending is Ending.REJECTED
        assert send(box.port, smtp_from="").ending is Ending.REFUSED
    assert box.got == []


def test_security_that_the_server_does_not_offer_is_never_done_without() -> None:
    with smtp(Mailbox()) as box:
        for security in ("starttls", "tls"):
            assert send(box.port, smtp_security=security).ending is not Ending.SENT
    assert box.got == []


# -- web hooks


@dataclass
class Hooks:
    """What an HTTP server got; it answers as it is told."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0
    cut: bool = False
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@contextlib.contextmanager
def http(hooks: Hooks, context: ssl.SSLContext | None = None) -> Iterator[Hooks]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            hooks.got.append((self.path, named, body))
            threading.Event().wait(hooks.delay)
            if hooks.cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(hooks.status)
            for name, value in hooks.headers:
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Not on the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    hooks.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post(
    address: str,
    secrets: Sequence[str] = ("whsec_" + "c2VjcmV0" * 4,),
    resolver: Callable[[str, int], Any] | None = None,
    **options: Any,
) -> Result:
    given: dict[str, Any] = {"inner": LOOPBACK, **options}
    channel = WebHook(
        known=lambda _: list(secrets), clock=utc_now, resolver=resolver or resolve, **given
    )
    # The verifier of Standard Webhooks compares with the real time.
    return asyncio.run(channel.deliver(replace(LETTER, address=address, body='{"a":"số"}')))


def resolving(*addresses: str) -> Callable[[str, int], Any]:
    async def resolver(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolver


def test_a_web_hook_is_signed_with_every_secret_in_force() -> None:
    new, old = written(new_secret()), written(new_secret())
    with http(Hooks()) as hooks:
        assert post(f"http://127.0.0.1:{hooks.port}/hook?a=b", [new, old]) == Result(Ending.SENT)
    ((path, headers, body),) = hooks.got
    assert path == "/hook?a=b"
    assert headers["host"] == f"127.0.0.1:{hooks.port}"
    assert headers["webhook-id"] == str(LETTER.event_id)
    for secret in (new, old):
        assert Webhook(secret).verify(body, headers) == {"a": "số"}
    with pytest.raises(WebhookVerificationError):
        Webhook(written(new_secret())).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)


@pytest.mark.parametrize(
    ("status", "ending"),
    [(200, Ending.SENT), (302, Ending.REFUSED), (404, Ending.REFUSED), (410, Ending.REJECTED), (503, Ending.REFUSED)],
)  # fmt: skip
def test_what_a_status_means(status: int, ending: Ending) -> None:
    with http(Hooks(status)) as hooks:
        assert post(f"http://127.0.0.1:{hooks.port}/").ending is ending


def test_no_redirect_is_followed() -> None:
    with http(Hooks()) as inner:
        to = f"http://127.0.0.1:{inner.port}/"
        with http(Hooks(307, (("Location", to),))) as hooks:
            assert post(f"http://127.0.0.1:{hooks.port}/") == Result(Ending.REFUSED, "HTTP 307")
    assert inner.got == []


def test_an_answer_that_does_not_come_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    with http(Hooks(cut=True)) as hooks:
        assert post(f"http://127.0.0.1:{hooks.port}/").ending is Ending.UNCERTAIN
    monkeypatch.setattr(webhook, "SECONDS", 0.3)
    with http(Hooks(delay=1)) as hooks:
        assert post(f"http://127.0.0.1:{hooks.port}/").ending is Ending.UNCERTAIN


def test_who_is_away_and_what_has_no_secret_certainly_got_nothing() -> None:
    assert post(f"http://127.0.0.1:{free_port()}/").ending is Ending.REFUSED
    assert post("https://nowhere.invalid/").ending is Ending.REFUSED
    assert post("http://127.0.0.1:1/", []) == Result(Ending.REFUSED, "no-secret")


def test_the_certificate_must_be_the_hosts_though_the_address_is_checked_first(
    tmp_path: Path,
) -> None:
    server, trusting = certificate(tmp_path, "hook.example")
    with http(Hooks(), server) as hooks:
        address = f"https://hook.example:{hooks.port}/x"
        here = resolving("127.0.0.1")
        assert post(address, resolver=here, verify=trusting) == Result(Ending.SENT)
        assert post(address, resolver=here).ending is Ending.REFUSED
        other = address.replace("hook.", "other.")
        assert post(other, resolver=here, verify=trusting).ending is Ending.REFUSED
    assert [headers["host"] for _, headers, _ in hooks.got] == [f"hook.example:{hooks.port}"]


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for this name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=made.public_bytes(pem).decode())
    return server, client


INNER = [
    "127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "::", "255.255.255.255", "::127.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "fec0::1", "64:ff9b:1::1",
    "2001:0:7f00:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_forbidden_even_beside_a_public_one(address: str) -> None:
    for found in ([address], ["203.0.114.1", address]):
        with pytest.raises(Forbidden, match="address-not-public"):
            asyncio.run(check("https://hook.example/", (), resolving(*found)))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hook.example/", "https-required"),
        ("ftp://hook.example/", "address-malformed"),
        ("https://user:pass@hook.example/", "address-malformed"),
        ("https:///x", "address-malformed"),
        ("https://hook.example:99999/", "address-malformed"),
        ("https://[::1/", "address-malformed"),
        ("https://" + "a" * 80 + ".example/", "address-malformed"),
    ],
)
def test_an_address_that_no_web_hook_may_have(url: str, why: str) -> None:
    with pytest.raises(Forbidden, match=why):
        asyncio.run(check(url, (), resolving("203.0.114.1")))


def test_a_checked_address_is_the_one_that_is_connected_to() -> None:
    target = asyncio.run(check("https://hook.example/a?b=c", (), resolving("203.0.114.1")))
    assert (target.url, target.host) == ("https://203.0.114.1:443/a?b=c", "hook.example")
    six = asyncio.run(check("https://h.example:8443/", (), resolving("2606:4700::1111")))
    assert (six.url, six.host) == ("https://[2606:4700::1111]:8443/", "h.example:8443")


def test_a_setting_lets_inner_networks_in_and_http_stays_on_the_machine() -> None:
    inner = networks("10.1.0.0/16")
    asyncio.run(check("https://h.example/", inner, resolving("10.1.2.3")))
    with pytest.raises(Forbidden, match="https-required"):
        asyncio.run(check("http://h.example/", inner, resolving("10.1.2.3")))
    with pytest.raises(Forbidden, match="address-not-public"):
        asyncio.run(check("https://h.example/", inner, resolving("10.2.2.3")))
    assert post("http://127.0.0.1:1/", inner=()) == Result(Ending.REJECTED, "address-not-public")


# -- what follows


@pytest.mark.parametrize(
    ("ending", "attempts", "perhaps", "repeats", "state"),
    [
        (Ending.SENT, 1, False, False, State.SENT),
        (Ending.SENT, 3, True, True, State.SENT),
        (Ending.REFUSED, 1, False, False, State.QUEUED),
        (Ending.REFUSED, MOST_ATTEMPTS, False, False, State.FAILED),
        (Ending.REFUSED, MOST_ATTEMPTS, True, True, State.UNCERTAIN),
        (Ending.REJECTED, 1, False, False, State.FAILED),
        (Ending.REJECTED, 2, True, True, State.UNCERTAIN),
        (Ending.UNCERTAIN, 1, False, False, State.UNCERTAIN),
        (Ending.UNCERTAIN, 1, False, True, State.QUEUED),
        (Ending.UNCERTAIN, MOST_ATTEMPTS, False, True, State.UNCERTAIN),
    ],
)
def test_what_follows_from_an_ending(
    ending: Ending, attempts: int, perhaps: bool, repeats: bool, state: State
) -> None:
    letter = replace(LETTER, attempts=attempts, perhaps=perhaps)
    change: Change = follow(Result(ending), letter, repeats, NOW)
    assert change.state is state
    assert (change.due_at is not None) is (state is State.QUEUED)


def test_pauses_grow_and_end() -> None:
    pauses = [pause(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= timedelta(seconds=30)
    assert timedelta(hours=8) < sum(pauses, timedelta()) < timedelta(days=1)


def test_the_secret_before_is_used_for_a_day() -> None:
    assert in_force(b"a", None, NOW, NOW) == [b"a"]
    assert in_force(b"a", b"b", NOW, NOW + OVERLAP - timedelta(seconds=1)) == [b"a", b"b"]
    assert in_force(b"a", b"b", NOW, NOW + OVERLAP) == [b"a"]
