"""Where a web hook may go: whoever names an address must not reach the office's inner network through us (SSRF)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6. What lies outside is local, or carries an IPv4 address that could be an inner
one (`::127.0.0.1`, `64:ff9b::127.0.0.1`); Python calls some of it global."""
TRANSLATED = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo: within it, and carry an IPv4 address too."""


class Forbidden(ValueError):
    """The address is not one that a web hook may go to; the text says why, without it."""


@dataclass(frozen=True)
class Target:
    """A checked address: `url` names the IP address itself, so that a second look-up can't lead elsewhere."""

    url: str
    host: str
    name: str
    """The host alone: what the server's certificate must be for."""


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a setting like `127.0.0.0/8, 10.1.0.0/16`; ValueError for anything else."""
    return tuple(ip_network(network.strip()) for network in text.split(",") if network.strip())


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a host; OSError where there are none."""
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


async def check(url: str, inner: Sequence[Network], resolver: Resolver = resolve) -> Target:
    """The address to connect to. Raises Forbidden, and OSError where the host has no address now.

    Every address of the host must be allowed, not only the first.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        name = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        raise Forbidden("address-malformed") from None
    if parts.scheme not in ("http", "https") or not name or "@" in parts.netloc:
        raise Forbidden("address-malformed")
    addresses = [ip_address(answer.partition("%")[0]) for answer in await resolver(name, port)]
    if not addresses or not all(_is_allowed(address, inner) for address in addresses):
        raise Forbidden("address-not-public")
    if parts.scheme == "http" and not all(address.is_loopback for address in addresses):
        raise Forbidden("https-required")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = f"[{name}]" if ":" in name else name
    shown = host if parts.port is None else f"{host}:{port}"
    return Target(f"{parts.scheme}://{_written(addresses[0])}:{port}{path}", shown, name)


def _is_allowed(address: Address, inner: Sequence[Network]) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in inner):
        return True
    if isinstance(address, IPv6Address) and (
        address not in GLOBAL_UNICAST or any(address in network for network in TRANSLATED)
    ):
        return False
    return address.is_global and not address.is_multicast


def _written(address: Address) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)
