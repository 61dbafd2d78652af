"""The console's web site: pages for people, made on the server. `python -m services.console.api` runs it.

It has no database and no right of its own; every answer is what the owning service gives to the person who asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.console import error_pages, live
from services.console.calls import Services
from services.console.deadlines import Deadlines
from services.console.names import Dictionary
from services.console.pages import (
    changes,
    checkpoint,
    checks,
    consents,
    decisions,
    design,
    downloads,
    draft,
    duties,
    erasures,
    explanation,
    figures,
    incidents,
    login,
    own_keys,
    profile,
    receipt,
    regulations,
    releases,
    requests,
    submission,
    submissions,
    submissions_file,
    verifications,
    year,
)
from services.console.rendering import STATIC
from services.console.security import Guard
from services.kernel import log, measured, serving
from services.kernel.auth import RemoteKeys
from services.kernel.clock import Clock, utc_now
from services.kernel.settings import Settings, settings


@dataclass(frozen=True)
class Context:
    """What the pages work with; `request.app.state.context`. `is_secure`: people reach the site by HTTPS."""

    service: str
    settings: Settings
    clock: Clock
    is_secure: bool


class Assets(StaticFiles):
    """Static files, which have another address when they change."""

    def file_response(self, *arguments: object, **more: object) -> Response:
        """The file, to be kept for a year."""
        answer = super().file_response(*arguments, **more)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application with its pages."""
    config = config or settings()
    services = Services(config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await services.close()

    app = FastAPI(title="Console", openapi_url=None, lifespan=lifespan)
    is_secure = config.console_url.startswith("https://")
    app.state.context = Context("console", config, clock, is_secure)
    app.state.keys = RemoteKeys(config.catalogue_url)
    app.state.services = services
    app.state.names = Dictionary(services)
    app.state.deadlines = Deadlines(services)
    app.state.streams = Counter()
    app.state.stream_every = live.EVERY_SECONDS
    app.state.stream_lasts = live.LASTS_SECONDS
    app.state.is_closing = lambda: False
    for module in (
        login,
        profile,
        submissions,
        submissions_file,
        submission,
        decisions,
        downloads,
        receipt,
        explanation,
        figures,
        checks,
        draft,
        own_keys,
        regulations,
        incidents,
        consents,
        requests,
        releases,
        erasures,
        verifications,
        changes,
        checkpoint,
        design,
        duties,
        year,
    ):
        app.include_router(module.router)
    _common(app)
    error_pages.install(app)
    # Pages carry a form's token and what was typed; who would guess it by lengths has no cookie (SameSite=Strict).
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    app.add_middleware(Guard, unforeseen=error_pages.unforeseen)
    measured.install(app, "console")
    return app


def _common(app: FastAPI) -> None:
    app.mount("/static", Assets(directory=STATIC), name="static")

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"service": "console", "healthy": True})

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serve(app: FastAPI) -> None:
    """Runs until SIGTERM, at which open streams end by themselves."""
    context: Context = app.state.context
    log.configure(context.service)
    server = serving.server(app, context.settings, graceful_seconds=5)
    app.state.is_closing = lambda: server.should_exit
    serving.run(server)


if __name__ == "__main__":
    serve(create_app())
