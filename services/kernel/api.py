"""What every API process has: its context, /healthz, /metrics, problem details, a process of its own.

Its producer connects at the first use: while the broker is away the process lives, and answers 503.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import sqlalchemy as sa
import structlog
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine

from services.kernel import (
    changes,
    disks,
    documentation,
    error_answers,
    health,
    log,
    measured,
    metrics,
    openapi,
    parameters,
    publications,
    serving,
    upkeep,
)
from services.kernel.auth import RemoteKeys, allowed
from services.kernel.bodies import BodyLimit
from services.kernel.clock import Clock, utc_now
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.comparison import Check, Compare, Comparison, Repair
from services.kernel.db import close, connect
from services.kernel.masterkey import MasterKey
from services.kernel.outbox import Outbox, OutboxTable
from services.kernel.publisher import Publisher
from services.kernel.rates import READS, READS_PER_SECOND, Buckets
from services.kernel.relay import PATIENCE_SECONDS, Relay
from services.kernel.settings import Settings, settings
from services.kernel.topics import load, read_by
from services.kernel.transient import is_transient
from services.kernel.upkeep import BrokerTopics, Chore, Upkeep
from services.kernel.vault import Vault, open_vault


@dataclass(frozen=True)
class Context:
    """What the routes of an API work with; `request.app.state.context`."""

    service: str
    settings: Settings
    engine: Engine
    vault: Vault | None
    outbox: Outbox
    relay: Relay
    clock: Clock

    @property
    def master_key(self) -> MasterKey:
        """What wraps the keys that this service keeps; raises ValueError where the settings have none."""
        return MasterKey.of(self.settings.master_key.get_secret_value())


def context_of(request: Request) -> Context:
    """The context of the request's application."""
    context: Context = request.app.state.context
    return context


With = Annotated[Context, Depends(context_of)]
"""The context, as a route's parameter."""
Limit = Annotated[int, Query(ge=1, le=200)]
"""How many of a list are asked for; 50 where nothing is said."""
Offset = Annotated[int, Query(ge=0, le=10**9)]
"""How many of the first are left out."""
Background = Callable[[Context], AbstractAsyncContextManager[None]]
"""What an API's process does besides while it serves."""


def every(seconds: float, work: Callable[[Context], object]) -> Background:
    """Does something in a thread, again and again, so many seconds apart; what failed is done at the next turn."""

    async def repeat(context: Context) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await run_in_threadpool(work, context)
            except Exception as error:
                metrics.RETRIES.labels(context.service).inc()
                if not is_transient(error):
                    structlog.get_logger().error(work.__name__, exc_info=error)

    @asynccontextmanager
    async def running(context: Context) -> AsyncIterator[None]:
        task = asyncio.create_task(repeat(context))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return running


def _nothing(context: Context) -> AbstractAsyncContextManager[None]:
    return nullcontext()


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
    larger_bodies: Mapping[str, int] | None = None,
    checks: Sequence[Check] = (),
    chores: Sequence[Chore] = (),
    background: Background = _nothing,
    schemas: Mapping[str, type] | None = None,
) -> FastAPI:
    """An application with the common parts; the caller adds its routes.

    `larger_bodies` are the bounds of paths that take more than others. `checks` are comparisons of tables
    with topics that this service has besides what every one has; `chores` are done before them (upkeep.py).
    `background` is entered while the application serves. `schemas` are described besides those of the routes.
    """
    config = config or settings()
    engine = connect(config.database_url, application=f"{service} api")
    changes.watch(engine, service)
    publisher = Publisher(config.kafka, f"{service}-api")
    relay = Relay(service, OutboxTable(engine), publisher)
    vault = None
    if config.vault:
        vault = open_vault(engine, config.vault, config.master_key.get_secret_value())

    topics = [topic for topic in load().values() if topic.owner == service]
    keeper = Upkeep(
        service, engine, config.kafka, BrokerTopics(config.kafka, [*topics, *read_by(service)]),
        [publications.CHECK, *checks], clock, chores=chores,
    )  # fmt: skip
    context = Context(service, config, engine, vault, Outbox(service, codec(), clock), relay, clock)
    app = FastAPI(
        title=title, description=description, version="1", docs_url=None, redoc_url=None,
        lifespan=lambda app: _serving(app, publisher, keeper, background),
        dependencies=[Depends(parameters.only_known_parameters)],
    )  # fmt: skip
    app.__dict__["openapi"] = cache(lambda: openapi.described(app, schemas))
    app.state.keys = RemoteKeys(config.catalogue_url)
    app.state.reads = Buckets(READS, READS_PER_SECOND)
    app.state.watch = None
    app.state.keeps_up = False
    app.state.reads_topics = Lock()
    app.state.context = context
    # Before `install`, whose layer is then the outer one: a group of tasks would hide what is raised here.
    app.add_middleware(BodyLimit, larger=larger_bodies)
    error_answers.install(app, service)
    measured.install(app, service)
    _common(app, service, engine, relay)
    _compared(app, [check.compare for check in (publications.CHECK, *checks)])
    return app


@asynccontextmanager
async def _serving(
    app: FastAPI, publisher: Publisher, keeper: Upkeep, background: Background
) -> AsyncIterator[None]:
    """While it serves, it relays its outbox, looks after its topics and watches its vault."""
    # What was imported stays: each full collection would look through it, a tenth of a second within some answer.
    gc.freeze()
    context: Context = app.state.context
    relaying = asyncio.create_task(context.relay.watch())
    vault = context.vault
    watch = app.state.watch = health.Watch(context.service, vault.check) if vault else None
    seen = disks.Disks(context.service, _folders(context.settings))
    try:
        if app.state.keeps_up:
            keeper.start()
        async with background(context):
            yield
    finally:
        seen.stop()
        if watch:
            watch.stop()
        if app.state.keeps_up:
            with suppress(Exception):  # the database is away: the next start looks after it
                await run_in_threadpool(keeper.stop)
        context.relay.close()
        await asyncio.wait({relaying}, timeout=5)
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
        await publisher.stop()
        close(context.engine)


def _folders(config: Settings) -> dict[str, Path]:
    """What lies on a disk that this process sees, and where."""
    seen = {"vault": config.vault, "database": config.database_disk}
    return {disk: Path(folder) for disk, folder in seen.items() if folder}


def _common(app: FastAPI, service: str, engine: Engine, relay: Relay) -> None:
    @app.get("/healthz", tags=["operators"], summary="Sẵn sàng hay chưa · Whether it is ready")
    async def healthz(response: Response) -> dict[str, Any]:
        database = True
        try:
            await asyncio.wait_for(run_in_threadpool(_ping, engine), 3)
        except Exception:
            database = False
        waits = relay.age
        body = {
            "service": service,
            "healthy": database and waits < PATIENCE_SECONDS,
            "database": database,
            "outbox_seconds": round(waits, 1),
        }
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


def _compared(app: FastAPI, comparisons: Sequence[Compare]) -> None:
    @app.get(
        "/v1/comparisons",
        tags=["operators"],
        summary="Đối chiếu bảng với chủ đề Kafka · What tables and topics do not agree on",
        dependencies=[Depends(allowed("comparison.read"))],
    )
    def compared(request: Request) -> list[Comparison]:
        """Counts alone. It reads whole topics: one at a time."""
        with _alone(request) as context:
            return [compare(context.engine, context.settings.kafka) for compare in comparisons]

    @app.post(
        "/v1/publications",
        tags=["operators"],
        summary="Phát lại những gì chủ đề Kafka thiếu · Publish again what the topics lack",
        dependencies=[Depends(allowed("publication.repeat"))],
    )
    def republished(request: Request) -> Repair:
        """With the same ids and bytes; safe to ask for at any time, and again."""
        return repaired(request, publications.republish)


def repaired(request: Request, repair: Callable[[Engine, Cluster], Repair]) -> Repair:
    """What a repair did that an operator asked for; the service looks again soon, by itself, what stays."""
    with _alone(request) as context:
        done = repair(context.engine, context.settings.kafka)
        upkeep.want(context.engine)
        return done


@contextmanager
def _alone(request: Request) -> Iterator[Context]:
    """The context, for one request at a time that reads whole topics; others wait. Fails while the database is away."""
    context = context_of(request)
    with request.app.state.reads_topics:
        _ping(context.engine)
        yield context


def _ping(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("select 1"))


def serve(app: FastAPI) -> None:
    """The whole of a service's api.py main: runs until SIGTERM."""
    context: Context = app.state.context
    log.configure(context.service)
    app.state.keeps_up = True
    serving.run(serving.server(app, context.settings, graceful_seconds=10))
