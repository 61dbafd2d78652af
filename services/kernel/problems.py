"""Errors of the APIs as RFC 9457 problem details: what is wrong, where, and how to mend it, Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "5"


class Problem(Exception):
    """An answer that is no success. `code` is stable; `title` and `mend` are {"vi": …, "en": …}."""

    def __init__(
        self,
        status: int,
        code: str,
        title: Mapping[str, str],
        mend: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.mend = mend
        self.headers = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        """The JSON that is answered."""
        return {
            "type": f"urn:solieu:problem:{self.code}",
            "status": self.status,
            "title": self.title["vi"],
            "detail": self.mend["vi"],
            "en": {"title": self.title["en"], "detail": self.mend["en"]},
            **self.more,
        }


UNAVAILABLE = Problem(
    503,
    "unavailable",
    {"vi": "Hệ thống tạm thời chưa sẵn sàng", "en": "The system is not ready for the moment"},
    {
        "vi": "Dữ liệu chưa bị mất. Hãy gửi lại sau vài giây.",
        "en": "Nothing is lost. Try again in a few seconds.",
    },
    {"Retry-After": RETRY_AFTER},
)


def answer(problem: Problem) -> JSONResponse:
    """The HTTP answer of a problem."""
    return JSONResponse(
        problem.body(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )
