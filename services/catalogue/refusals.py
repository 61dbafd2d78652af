"""The catalogue's problem details: all that is wrong, where, and how to mend it."""

from __future__ import annotations

from services.catalogue.entry import Flaw
from services.kernel.problems import Problem
from services.model.messages import advice, texts
from services.model.text import Text


def wrong(status: int, code: str, message: str, flaws: list[Flaw], **values: object) -> Problem:
    """A refusal for these flaws; `message` is the id of its title, `….mend` of its detail."""
    return Problem(
        status,
        code,
        *advice(message, **values),
        errors=[
            {"where": flaw.where, "what": what, "mend": mend}
            for flaw in flaws
            for what, mend in [advice(f"catalogue.{flaw.code}", **flaw.values)]
        ],
    )


def absent(code: str, message: str, **values: object) -> Problem:
    """That there is nothing by this name."""
    return Problem(404, code, *advice(message, **values))


def named(kind: str) -> Text:
    """What people call a kind of entries."""
    return texts(f"catalogue.entry.{kind}")
