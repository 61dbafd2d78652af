"""Structured logs: one JSON object a line, with the submission they belong to. Never a figure, never content."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
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
    for one in _all_of(error):
        if isinstance(one, psycopg.Error) and one.sqlstate:
            for margin in MARGINS:
                text = text.replace(str(one).replace("\n", f"\n{margin}"), _brief(one))
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
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "orig", None)]
        waiting += getattr(one, "exceptions", ())


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
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for noisy in ("faust", "aiokafka", "mode", "kafka"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
