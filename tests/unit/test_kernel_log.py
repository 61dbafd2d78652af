"""What is logged of an error: never a figure."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
import sqlalchemy.exc

from services.kernel import log

SECRET = "4711.25"
REFUSED = (
    psycopg.errors.NotNullViolation(
        'null value in column "unit" of relation "figures" violates not-null constraint'
        f"\nDETAIL:  Failing row contains (so-tai-chinh, a\n{SECRET}, null)."
    ),
    psycopg.errors.UniqueViolation(
        'duplicate key value violates unique constraint "figures_pkey"'
        f"\nDETAIL:  Key (series, value)=(gdp, {SECRET}) already exists."
        f"\nCONTEXT:  COPY figures, line 3"
    ),
    psycopg.errors.InvalidTextRepresentation(
        f'invalid input syntax for type integer: "{SECRET}"\nCONTEXT:  COPY figures, line 1: "{SECRET}"'
    ),
    psycopg.errors.CheckViolation(
        f"new row violates check\nDETAIL:  Failing row contains (it's, {SECRET})."
    ),
    psycopg.errors.NumericValueOutOfRange(f'value "{SECRET}" is out of range for type integer'),
)


def entry(error: BaseException) -> str:
    """What stands in the log of an error."""
    event: Any = {"event": "ended", "exc_info": error}
    for process in log.SHARED:
        event = process(None, "error", event)
    return str(event["exception"])


def wrapped(error: psycopg.Error) -> list[BaseException]:
    """As it reaches a log: by itself, from SQLAlchemy, as the cause of another, in a group, while another was told."""
    database = sqlalchemy.exc.DBAPIError.instance("insert …", {}, error, psycopg.Error)
    caused, meanwhile = RuntimeError("the batch"), KeyError("x")
    caused.__cause__ = database
    meanwhile.__context__ = error
    group = BaseExceptionGroup("some", [ValueError("x"), BaseExceptionGroup("more", [error])])
    return [error, database, caused, meanwhile, group]


@pytest.mark.parametrize("error", REFUSED)
def test_a_row_that_the_database_refuses_is_not_in_the_log(error: psycopg.Error) -> None:
    for one in wrapped(error):
        assert SECRET not in log.told(one)
        assert SECRET not in entry(one)
        assert f"{type(error).__name__}: {error.sqlstate}" in entry(one) or one is not error
        assert str(error.sqlstate) in entry(one)


def test_what_names_no_value_is_in_the_log() -> None:
    violated, missing = REFUSED[1], psycopg.errors.UndefinedTable('relation "x" does not exist')
    assert 'unique constraint "figures_pkey"' in log.told(violated)
    assert 'relation "x" does not exist' in entry(missing)
    assert log.told(psycopg.OperationalError("away")) == "OperationalError('away')"
    assert log.told(RuntimeError("a\nb")) == repr(RuntimeError("a\nb"))


def test_what_a_library_repeats_is_written_seldom_and_counted() -> None:
    now = 0.0
    seldom = log.Seldom(lambda: now)

    def said(words: str, *arguments: object) -> str | None:
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, words, arguments, None)
        return record.getMessage() if seldom.filter(record) else None

    assert said("no connection to %s", "1") == "no connection to 1"
    assert [said("no connection to %s", "1") for _ in range(3)] == [None] * 3
    assert said("another") == "another"
    for error in (KeyError("a"), KeyError("b")):
        shown = (type(error), error, None)
        record = logging.LogRecord("uvicorn", logging.ERROR, "", 0, "an exception", (), shown)
        assert seldom.filter(record), "the same words of another error"
    now = 10.0
    assert (
        said("no connection to %s", "2")
        == "no connection to 2 (and 3 times more since the last line)"
    )
    now = 20.0
    assert said("no connection to %s", "2") == "no connection to 2"
