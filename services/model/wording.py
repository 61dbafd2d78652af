"""How people of each language write numbers, days, moments, the places of the law, and what stands in cells."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from services.model.messages import LANGUAGES, known, texts
from services.model.regulation import VIETNAM
from services.model.text import Language, Text


def number(value: object, language: Language) -> str:
    """A number without trailing zeros, 12.342.460,42 or 12,342,460.42; what is no number as it is."""
    try:
        written = f"{Decimal(str(value)):,f}"
    except InvalidOperation:
        return str(value)
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return written.translate(str.maketrans(",.", ".,")) if language == "vi" else written


def day(on: date, language: Language) -> str:
    """2/9/2026, or 2 September 2026."""
    return f"{on.day}/{on.month}/{on.year}" if language == "vi" else f"{on.day} {on:%B} {on.year}"


def moment(at: datetime | str) -> Text:
    """A moment, or as an API writes it (RFC 3339), by the clock of Việt Nam: 17:00, 2/9/2026."""
    local = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(VIETNAM)
    return Text(*(f"{local:%H:%M}, {day(local.date(), language)}" for language in LANGUAGES))


def unit(code: str, multiplier: int, label: str) -> Text:
    """A unit as its form writes it; in English by its code and its power of ten, for forms have it in Vietnamese."""
    named = known(f"unit.{code}", code.lower()).en
    if multiplier:
        times = known(f"unit.times.{multiplier}", f"10^{multiplier}").en
        named = f"{times} {named}"
    return Text(label or code, named)


def place(article: str, clause: str | None) -> Text:
    """A place as lawyers name it; `clause` is as packs write it: «1», «1 điểm e»."""
    number, _, point = (clause or "").partition("điểm ")
    said = texts("law.article", article=article)
    if number:
        said = texts("law.clause", place=said, clause=number.strip())
    return texts("law.point", place=said, point=point) if point else said


def law(instrument: str, article: str | None, clause: str | None) -> Text:
    """The place of an instrument, which is named by its number; the instrument alone without an article."""
    if not article:
        return Text(instrument, instrument)
    return texts("law.of", place=place(article, clause), instrument=instrument)


def kind_of_identifier(kind: str, language: Language) -> str:
    """What of a person or a business stands in a cell; the code itself for a kind that has no words yet."""
    return known(f"policy.kind.{kind}", kind).of(language)


def unsaid(finding: Mapping[str, Any], language: Language) -> dict[str, str]:
    """What was expected and found, as written in the language, where the message of the finding doesn't say so itself.

    Of words the data have the Vietnamese ones: a message that says them in Vietnamese says them in English, too.
    """
    message = finding.get("message") or {}
    found = {}
    for name in ("expected", "found", "difference"):
        if (value := finding.get(name)) is not None:
            written = number(value, language)
            said = (message.get(one, "") for one in (language, "vi"))
            if not any(written in one for one in said):
                found[name] = written
    return found


MOST_CELLS = 60
"""So many cells a reason names at most, as many of each kind."""


def by_kind(cells: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """The names of cells that an API lists, by their sheet and the kind of what stands there, blank for none.

    They end with «…» where as many of the kind are named as may be: there may be more.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        groups.setdefault((cell["sheet"], cell.get("kind") or ""), []).append(cell["cell"])
    counts: Counter[str] = Counter()
    last: dict[str, list[str]] = {}
    for (_, kind), names in groups.items():
        counts[kind] += len(names)
        last[kind] = names
    for kind, count in counts.items():
        if count >= MOST_CELLS // len(counts):
            last[kind].append("…")
    return groups
