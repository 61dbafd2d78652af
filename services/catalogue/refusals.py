"""The catalogue's problem details: all that is wrong, where, and how to mend it."""

from __future__ import annotations

from services.catalogue.entry import Flaw
from services.kernel.problems import Problem
from services.model.messages import texts


def wrong(status: int, code: str, message: str, flaws: list[Flaw], **values: object) -> Problem:
    """A refusal for these flaws; `message` is the id of its title, `….mend` of its detail."""
    return Problem(
        status,
        code,
        texts(message, **values).to_dict(),
        texts(f"{message}.mend", **values).to_dict(),
        errors=[
            {
                "where": flaw.where,
                "what": texts(f"catalogue.{flaw.code}", **flaw.values).to_dict(),
                "mend": texts(f"catalogue.{flaw.code}.mend", **flaw.values).to_dict(),
            }
            for flaw in flaws
        ],
    )


def absent(code: str, message: str, **values: object) -> Problem:
    """That there is nothing by this name."""
    title, mend = texts(message, **values), texts(f"{message}.mend", **values)
    return Problem(404, code, title.to_dict(), mend.to_dict())
