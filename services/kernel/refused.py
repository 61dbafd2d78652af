"""What an API answers to its clients that is no success, as they see it (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx2

AGAIN: Final = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed in a while."""


class Refused(Exception):
    """A service does not do it: what is wrong, and how to mend it, in both languages."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('title')} {problem.get('detail')}")
        self.problem = dict(problem)

    @classmethod
    def of(cls, answer: httpx2.Response) -> Refused:
        """From an answer that is no success; one without problem details says its status and what it is instead."""
        try:
            problem = answer.json()
        except (ValueError, RecursionError):
            problem = None
        if not isinstance(problem, dict):
            kind = answer.headers.get("content-type", "").partition(";")[0]
            problem = {"title": f"HTTP {answer.status_code} ({kind or '?'}), {answer.url.host}"}
        return cls(problem | {"status": answer.status_code})

    @property
    def code(self) -> str:
        """The stable code of the reason."""
        return str(self.problem.get("type", "")).rpartition(":")[2]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.problem.get("status", 0))

    def texts(self, language: str) -> tuple[str, str]:
        """Title and advice in this language; blank where the service had none."""
        words = self.problem if language == "vi" else self.problem.get("en")
        words = words if self.code and isinstance(words, Mapping) else {}
        return str(words.get("title") or ""), str(words.get("detail") or "")


def parsed(answer: httpx2.Response) -> Any:
    """The JSON of a good answer; raises Refused where it is none: another server stands at that address."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise Refused.of(answer) from None
