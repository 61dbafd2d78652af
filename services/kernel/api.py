"""What every API process has: its context, /healthz, /metrics, problem details. Plain uvicorn, a process of its own.

Its producer connects at the first use: while the broker is away the process lives, and answers 503.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine

from services.kernel import documentation, health, log, problems
from services.kernel.auth import RemoteKeys
from services.kernel.bodies import BodyLimit
from services.kernel.clock import Clock, utc_now
from services.kernel.codec import codec
from services.kernel.db import close, connect
from services.kernel.masterkey import MasterKey
from services.kernel.outbox import Outbox
from services.kernel.publisher import Publisher
from services.kernel.rates import Reads
from services.kernel.settings import Settings, settings
from services.kernel.vault import Vault, open_vault


@dataclass(frozen=True)
class Context:
    """What the routes of an API work with; `request.app.state.context`."""

    service: str
    settings: Settings
    engine: Engine
    vault: Vault | None
    outbox: Outbox
    clock: Clock

    @property
    def master_key(self) -> MasterKey:
        """What wraps the keys that this service keeps; raises ValueError where the settings have none."""
        return MasterKey.of(self.settings.master_key.get_secret_value())


def context_of(request: Request) -> Context:
    """The context, for routes: `context: Annotated[Context, Depends(context_of)]`."""
    context: Context = request.app.state.context
    return context


def request_line(request: Request) -> str:
    """The path with its query, as the request line has it: what a signed question is about."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    return f"{path}?{query}" if query else path


def create(
    service: str,
    title: str,
    description: str,
    config: Settings | None = None,
    clock: Clock = utc_now,
    *,
    limits_bodies: bool = True,
) -> FastAPI:
    """An application with the common parts; the caller adds its routes.

    Without `limits_bodies` they read bodies as they come, and bound them themselves.
    """
    config = config or settings()
    engine = connect(config.database_url, application=f"{service} api")
    publisher = Publisher(config.kafka, f"{service}-api")
    outbox = Outbox(service, engine, publisher, codec(), clock)
    vault = None
    if config.vault:
        vault = open_vault(engine, config.vault, config.master_key.get_secret_value())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        relay = asyncio.create_task(outbox.watch())
        watch = app.state.watch = health.Watch(service, vault.check) if vault else None
        try:
            yield
        finally:
            if watch:
                watch.stop()
            outbox.close()
            await asyncio.wait({relay}, timeout=5)
            relay.cancel()
            with suppress(asyncio.CancelledError):
                await relay
            await publisher.stop()
            close(engine)

    app = FastAPI(
        title=title, description=description, version="1", lifespan=lifespan,
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.state.keys = RemoteKeys(config.catalogue_url)
    app.state.reads = Reads()
    app.state.watch = None
    app.state.context = Context(service, config, engine, vault, outbox, clock)
    if limits_bodies:
        # Before `install`, whose layer is then the outer one: a group of tasks would hide what is raised here.
        app.add_middleware(BodyLimit)
    problems.install(app)
    _common(app, service, engine)
    return app


def _common(app: FastAPI, service: str, engine: Engine) -> None:
    @app.get("/healthz", tags=["operators"], summary="Sẵn sàng hay chưa · Whether it is ready")
    async def healthz(response: Response) -> dict[str, Any]:
        database = True
        try:
            await asyncio.wait_for(run_in_threadpool(_ping, engine), 3)
        except Exception:
            database = False
        body = {"service": service, "healthy": database, "database": database}
        if watch := app.state.watch:
            body = watch.seen(body)
        response.status_code = 200 if body["healthy"] else 503
        return body

    @app.get(
        "/metrics",
        tags=["operators"],
        response_class=PlainTextResponse,
        summary="Số đo cho Prometheus · Metrics",
    )
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        shown = documentation.page(app.openapi())
        return HTMLResponse(shown, headers={"Content-Security-Policy": documentation.POLICY})


def _ping(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("select 1"))


def serve(app: FastAPI) -> None:
    """The whole of a service's api.py main: runs until SIGTERM."""
    context: Context = app.state.context
    log.configure(context.service)
    uvicorn.run(
        app,
        host=context.settings.host,
        port=context.settings.port,
        proxy_headers=bool(context.settings.proxies),
        forwarded_allow_ips=context.settings.proxies,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )
