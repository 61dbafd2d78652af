"""Makes every error of a service's application a problem, unforeseen ones too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import kafka.errors
import sqlalchemy.exc
import structlog
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.fields import vietnamese
from services.kernel import metrics
from services.kernel.bodies import MAX_BYTES, TooLarge
from services.kernel.problems import UNAVAILABLE, Problem, answer
from services.kernel.transient import is_transient

NAMED = 3
"""So many fields the detail of a malformed request names itself; programs read all of them in `errors`."""

log = structlog.get_logger()

UNSTORABLE = Problem(
    422,
    "malformed-request",
    {
        "vi": "Yêu cầu có ký tự hoặc số không dùng được",
        "en": "Characters or numbers that can't be used",
    },
    {
        "vi": "Bỏ ký tự NUL và các số quá lớn.",
        "en": "Leave out NUL characters and numbers that are too large.",
    },
)
TOO_LARGE = Problem(
    413,
    "body-too-large",
    {"vi": "Nội dung yêu cầu quá lớn", "en": "The request's body is too large"},
    {
        "vi": f"Gửi không quá {MAX_BYTES // 1_000_000} MB.",
        "en": f"Send no more than {MAX_BYTES // 1_000_000} MB.",
    },
    # The rest of the body is not read: the connection is of no more use.
    {"Connection": "close"},
)
INTERNAL = Problem(
    500,
    "internal",
    {"vi": "Lỗi của hệ thống", "en": "An error of the system"},
    {
        "vi": "Không phải lỗi của người gửi. Hãy báo cho cơ quan thống kê.",
        "en": "It is not the sender's fault. Tell the statistics office.",
    },
)


def _named(where: Sequence[Mapping[str, Any]], language: str) -> str:
    return "; ".join(
        f"{'.'.join(place['in'])}: {place['what'][language]}" for place in where[:NAMED]
    )


def _malformed(error: RequestValidationError) -> Problem:
    where = [
        {"in": list(map(str, e["loc"])), "what": {"vi": vietnamese(e), "en": e["msg"]}}
        for e in error.errors()
    ]
    return Problem(
        422,
        "malformed-request",
        {"vi": "Yêu cầu không đúng định dạng", "en": "The request is malformed"},
        {
            "vi": f"Sửa các trường nêu trong «errors»: {_named(where, 'vi')}.",
            "en": f"Mend the fields named in «errors»: {_named(where, 'en')}.",
        },
        errors=where,
    )


def _http(error: HTTPException) -> Problem:
    return Problem(
        error.status_code,
        "http",
        {"vi": f"Yêu cầu bị từ chối ({error.status_code})", "en": str(error.detail)},
        {"vi": "Xem tài liệu API tại /docs.", "en": "See the API's documentation at /docs."},
        error.headers,
    )


def install(app: FastAPI, service: str) -> None:
    """Makes every error of the service's application a problem, unforeseen ones too."""
    retries = metrics.RETRIES.labels(service)

    @app.exception_handler(Problem)
    async def known(request: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(_malformed(error))

    @app.exception_handler(TooLarge)
    async def too_large(request: Request, error: TooLarge) -> JSONResponse:
        return answer(TOO_LARGE)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return answer(_http(error))

    @app.middleware("http")
    async def unforeseen(request: Request, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except ClientDisconnect:
            raise
        except Exception as error:
            if isinstance(error, sqlalchemy.exc.DataError):
                return answer(UNSTORABLE)
            if is_transient(error):
                retries.inc()  # who asked tries again
                log.warning("unavailable", path=request.url.path, error=repr(error)[:300])
                return answer(UNAVAILABLE)
            if isinstance(error, KafkaError | kafka.errors.KafkaError):
                # What was to be published stands in the outbox, which relays it whatever this error means.
                log.error("not published", path=request.url.path, exc_info=error)
                return answer(UNAVAILABLE)
            log.error("internal error", path=request.url.path, exc_info=error)
            return answer(INTERNAL)
