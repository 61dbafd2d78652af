"""What `make status` says of the health of programs that run."""

from __future__ import annotations

from random import Random

from deploy import health
from deploy.state import free_ports
from services.kernel.health import serve


def test_what_is_not_well_is_told_in_the_programs_own_words() -> None:
    well, ill, away = list(free_ports(Random()).values())[:3]
    serve("127.0.0.1", well, lambda: {"service": "grdp", "healthy": True, "lag_seconds": 0.0})
    serve("127.0.0.1", ill, lambda: {"service": "grdp", "healthy": False, "lag_seconds": 400.5})
    ports = {"well": well, "ill": ill, "away": away}
    seen = health.seen({name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    assert seen == {"well": "", "ill": "lag_seconds: 400.5", "away": "ConnectError"}
