"""What policy answers, in words: verdicts, articles, facts and their values."""

from __future__ import annotations

from typing import Any

from services.model import wording
from services.model.messages import joined, known, texts
from services.model.text import Text


def verdict(decision: dict[str, Any]) -> Text:
    """The verdict of a decision."""
    return stands(decision["verdict"])


def stands(verdict: str) -> Text:
    """A verdict by its code."""
    return texts(f"operators.policy.{verdict}")


def place(one: dict[str, Any]) -> Text:
    """The article, with the instrument's number where there is one; else what it is called."""
    if not one.get("article"):
        name = str(one.get("requirement") or one.get("policy") or "")
        return Text(name, name)
    if number := one.get("number"):
        return wording.law(number, one["article"], one.get("clause"))
    return wording.place(one["article"], one.get("clause"))


def fact(name: str) -> Text:
    """What a fact is called."""
    return known(f"operators.policy.fact.{name}", name)


def shown(name: str, value: object) -> Text | str:
    """What a fact says."""
    match value:
        case None | []:
            return "–"
        case list():
            return joined(_word(name, str(one)) for one in value)
        case bool():
            return texts("console.yes" if value else "console.no")
        case _:
            return _word(name, str(value))


def _word(fact: str, code: str) -> Text:
    """A code that a fact holds, in words; what is no code, as a number or an organisation, as it is."""
    match fact:
        case "classification":
            return known(f"console.classification.{code}", code)
        case "markings" | "identifiers" | "demanded":
            return known(f"policy.kind.{code}", code)
        case "regime":
            return known(f"console.regime.{code}", code)
        case "recipients":
            return known(f"policy.audience.{code}", code)
        case _:
            return known(f"operators.policy.{fact}.{code}", code)
