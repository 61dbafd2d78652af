"""Intake's HTTP API."""

from __future__ import annotations

from fastapi import FastAPI

from services.intake import notices, reading, submitting
from services.intake.openapi import DESCRIPTION, SIGNED
from services.kernel.api import create, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.settings import Settings


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application, with its limits."""
    app = create(
        *("intake", "Tiếp nhận · Intake", DESCRIPTION, config, clock),
        limits_bodies=False,
        schemas=SIGNED,
    )
    app.state.gate = submitting.Gate()
    app.include_router(submitting.router)
    app.include_router(notices.router)
    app.include_router(reading.router)
    return app


if __name__ == "__main__":
    serve(create_app())
