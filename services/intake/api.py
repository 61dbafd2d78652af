"""Intake's HTTP API."""

from __future__ import annotations

from fastapi import FastAPI
from sqlmodel import Session

from services.intake import files, notices, reading, submitting
from services.intake.drafts import countersigning, routes, signing, store
from services.intake.openapi import DESCRIPTION, SIGNED
from services.kernel.api import Context, create, every, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.settings import Settings

BOUNDED = ("/v1/submissions", "/v1/drafts", "/v1/secret-notices")
"""Paths whose routes read bodies as they come, and bound them themselves."""
UNBOUNDED = 1 << 62
SWEEP_SECONDS = 600.0


def forget(context: Context) -> None:
    """Forgets the drafts that nobody has changed for a day."""
    with Session(context.engine) as session, session.begin():
        store.forget_old(session, context.clock())


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application, with its limits."""
    app = create(
        *("intake", "Tiếp nhận · Intake", DESCRIPTION, config, clock),
        larger_bodies=dict.fromkeys(BOUNDED, UNBOUNDED),
        schemas=SIGNED,
        background=every(SWEEP_SECONDS, forget),
    )
    app.state.gate = submitting.Gate()
    app.include_router(submitting.router)
    app.include_router(notices.router)
    app.include_router(reading.router)
    app.include_router(files.router)
    app.include_router(routes.router)
    app.include_router(signing.router)
    app.include_router(countersigning.router)
    return app


if __name__ == "__main__":
    serve(create_app())
