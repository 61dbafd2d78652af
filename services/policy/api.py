"""Policy's API: reviews, requests for figures, the sweep. `python -m services.policy.api` runs it."""

from __future__ import annotations

from fastapi import FastAPI

from services.kernel.api import create, every, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.settings import Settings
from services.policy.routes import (
    consents,
    erasures,
    incidents,
    inspection,
    prereleases,
    requests,
    reviews,
    sweep,
    withdrawals,
)

TEXT = (
    "Quyết định sử dụng số liệu: việc chờ xem xét, yêu cầu cung cấp số liệu · "
    "What may be used: reviews and requests for figures"
)


def create_app(
    config: Settings | None = None,
    clock: Clock = utc_now,
    sweep_seconds: float = sweep.SECONDS,
) -> FastAPI:
    """The application with its routes; while it runs, it sweeps, so many seconds apart."""
    app = create(
        "policy", "Chính sách · Policy", TEXT, config, clock,
        background=every(sweep_seconds, sweep.sweep),
    )  # fmt: skip
    for part in (
        reviews,
        sweep,
        requests,
        incidents,
        inspection,
        prereleases,
        withdrawals,
        consents,
        erasures,
    ):
        app.include_router(part.router)
    return app


if __name__ == "__main__":
    serve(create_app())
