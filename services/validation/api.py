"""Validation's API: findings, figures in doubt, tests of changed rules. `python -m services.validation.api` runs it."""

from __future__ import annotations

from fastapi import FastAPI

from services.kernel.api import create, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.pool import Pool
from services.kernel.settings import Settings
from services.validation.routes import (
    blank_forms,
    checks,
    figures,
    findings,
    rules,
    sections,
    verifications,
)

TEXT = (
    "Kiểm tra số liệu: phát hiện, giải trình, quyết định, xác minh; thử quy tắc mới · "
    "Checks: findings, explanations, decisions, verification; tests of changed rules"
)


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application with its routes."""
    app = create(
        "validation", "Kiểm tra · Validation", TEXT, config, clock, larger_bodies=checks.LARGER
    )
    app.state.pool = Pool()
    app.state.checking = checks.places()
    app.include_router(checks.router)
    app.include_router(blank_forms.router)
    app.include_router(figures.router)
    app.include_router(findings.router)
    app.include_router(rules.router)
    app.include_router(sections.router)
    app.include_router(verifications.router)
    return app


if __name__ == "__main__":
    serve(create_app())
