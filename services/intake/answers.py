"""Refusals as HTTP answers, Vietnamese first: what is wrong, and how to mend it."""

from __future__ import annotations

from services.intake.refusal import Refusal
from services.kernel import metrics
from services.kernel.problems import Problem
from services.model.messages import advice


def problem(refusal: Refusal) -> Problem:
    """The problem details of a refusal (RFC 9457)."""
    code = refusal.code
    headers = {}
    if code.status == 401:
        headers["WWW-Authenticate"] = "Statement"
    if refusal.retry_after:
        headers["Retry-After"] = str(refusal.retry_after)
    return Problem(
        code.status,
        code.id,
        *advice(refusal.message, **refusal.values),
        headers,
        **refusal.more,
    )


def unauthenticated(refusal: Refusal) -> Problem:
    """The same for a request of nobody knows whom: counted, never published."""
    metrics.UNAUTHENTICATED.labels("intake", refusal.code.id).inc()
    return problem(refusal)
