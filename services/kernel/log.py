"""Structured logs: one JSON object a line, with the submission they belong to. Never a figure, never content."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType

import psycopg
import structlog

QUOTING = ("22", "P0")
"""Classes of SQLSTATE whose messages quote the value that they refuse; of others it is the details that do."""
MARGINS = ("", *(" " * depth + "| " for depth in (2, 4, 6)))
"""How a traceback sets off the lines of an error: not at all, or as one of a group of errors."""


def told(error: BaseException) -> str:
    """An error with its kind, as a log may have it: a database quotes the row that it refuses, and that stays out."""
    return f"{type(error).__name__}({_without_rows(str(error), error)!r})"


def _formatted(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    return _without_rows("".join(traceback.format_exception(*exc_info)).rstrip(), exc_info[1])


def _without_rows(text: str, error: BaseException) -> str:
    """`text`, with what the database errors in it say cut down to what names no value."""
    for cause in _all_of(error):
        if isinstance(cause, psycopg.Error) and cause.sqlstate:
            for margin in MARGINS:
                text = text.replace(str(cause).replace("\n", f"\n{margin}"), _brief(cause))
    return text


def _brief(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    named = error.diag.constraint_name or error.diag.column_name or error.diag.table_name or ""
    said = "" if state.startswith(QUOTING) else str(error).partition("\n")[0]
    return " ".join(part for part in (state, said, named) if part)


def _all_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error, those that led to it, and those of its group."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "orig", None)]
        waiting += getattr(cause, "exceptions", ())


class Seldom(logging.Filter):
    """Of what a library says again and again, as aiokafka fifty times a second while the broker is away, one line in
    `BETWEEN` seconds, which counts those that it stands for. What shows an exception is never left out: the words are
    the same, and the errors need not be. `seconds` is a clock that never jumps.
    """

    BETWEEN = 10.0
    MOST = 1000

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if record.exc_info:
            return True
        now, words = self._seconds(), (record.name, str(record.msg))
        last, left_out = self._said.get(words, (now - self.BETWEEN, 0))
        if now - last < self.BETWEEN:
            self._said[words] = last, left_out + 1
            return False
        if len(self._said) >= self.MOST:
            self._said.clear()
        self._said[words] = now, 0
        if left_out:
            record.msg = f"{record.msg} (and {left_out} times more since the last line)"
        return True


SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(_formatted),
)
"""What becomes of every entry, also of a library's, before it is written."""


def configure(service: str) -> None:
    """Sends all logging to standard error as JSON lines; faust and aiokafka speak only when something is wrong."""
    structlog.configure(
        processors=[*SHARED, structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False),
            foreign_pre_chain=SHARED,
        )
    )
    handler.addFilter(Seldom())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for noisy in ("faust", "aiokafka", "mode", "kafka"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
