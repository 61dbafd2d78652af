"""Codes of the product in the words of its readers: languages, periods, times, numbers, cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import Request

from services.console.security import set_cookie
from services.model.messages import LANGUAGES, catalogue, text
from services.model.period import Frequency, Period, PeriodError
from services.model.regulation import clause_in
from services.model.text import Language

LANGUAGE_COOKIE = "solieu_language"
LANGUAGE_PARAMETER = "language"
VIETNAM = timezone(timedelta(hours=7))
ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV"}
Say = Callable[..., str]
"""`say("login.title")`: the message `console.login.title` in the reader's language."""


class Switched(Exception):
    """The reader asked for the other language: the same page again, without the question."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def switch_language(request: Request) -> None:
    """For every page: `?language=en` is remembered for a year. Raises Switched."""
    wanted = request.query_params.get(LANGUAGE_PARAMETER)
    if wanted is None:
        return
    if wanted in LANGUAGES:
        set_cookie(request, LANGUAGE_COOKIE, wanted, days=365)
    url = request.url.remove_query_params(LANGUAGE_PARAMETER)
    # A path of two slashes would be read as another host's address.
    path = "/" + url.path.lstrip("/\\")
    raise Switched(f"{path}?{url.query}" if url.query else path)


def language_of(request: Request) -> Language:
    """Vietnamese, unless the reader chose otherwise: what the browser prefers is often nobody's choice."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen == "en" else "vi"


def sayer(language: Language) -> Say:
    """The messages of the console in this language."""

    def say(message: str, /, **values: object) -> str:
        return text(f"console.{message}", language, **values)

    return say


def in_language(texts: Mapping[str, str] | None, language: Language, otherwise: str = "") -> str:
    """A text of a service in this language; `otherwise` where it has none."""
    return (texts or {}).get(language) or otherwise


def period(code: str, language: Language) -> str:
    """`2026-Q3` as «Quý III/2026»; what is no period stays as it is."""
    say = sayer(language)
    try:
        period = Period.parse(code)
    except PeriodError:
        return code
    values: dict[str, object] = {"year": period.year, "number": period.number}
    match period.frequency:
        case Frequency.QUARTER:
            values["number"] = ROMAN[period.number]
        case Frequency.HALF_YEAR:
            return say(f"period.half_year.{period.number}", **values)
        case Frequency.DAY:
            return _day(period.start, language)
        case Frequency.RANGE:
            if not (period.months and period.start.month == 1):
                return f"{_day(period.start, language)} – {_day(period.end, language)}"
            values["number"] = period.months
        case Frequency.YEAR | Frequency.MONTH:
            pass
    return say(f"period.{period.frequency}", **values)


def completeness(attempt: Mapping[str, Any], language: Language) -> str:
    """«ước tính», «sơ bộ, lần 2»."""
    say = sayer(language)
    name = say(f"completeness.{attempt['completeness']}")
    if attempt["round"] > 1:
        return say("completeness.round", name=name, round=attempt["round"])
    return name


def day(iso: str, language: Language) -> str:
    """A date of an API as people of Việt Nam write it."""
    return _day(date.fromisoformat(iso), language)


def place(article: str, clause: str | None, language: Language) -> str:
    """«Điều 6 khoản 2»."""
    say = sayer(language)
    named = say("regulation.place", article=article)
    return named + say("clause", clause=clause_in(clause, language)) if clause else named


def moment(iso: str | None, language: Language) -> str:
    """A time of an API (RFC 3339) as people of Việt Nam write it; blank for none."""
    if not iso:
        return ""
    local = datetime.fromisoformat(iso).astimezone(VIETNAM)
    return f"{local:%H:%M}, {_day(local.date(), language)}"


def _day(day: date, language: Language) -> str:
    if language == "vi":
        return f"{day.day}/{day.month}/{day.year}"
    return f"{day.day} {day:%B} {day.year}"


def number(value: object, language: Language) -> str:
    """A number as people of the language write it: 101.906,435; other values as they are."""
    try:
        grouped = f"{Decimal(str(value)):,f}"
    except InvalidOperation:
        return str(value)
    return grouped.translate(str.maketrans(",.", ".,")) if language == "vi" else grouped


def sheet(name: str, language: Language) -> str:
    """A sheet by its name, or by its place where the event only says `#1`."""
    if name.startswith("#") and name[1:].isdigit():
        return sayer(language)("sheet", number=name[1:])
    return name


def kind_of_identifier(kind: str, language: Language) -> str:
    """What of a person or a business stands in a cell; the code itself for a kind that has no words yet."""
    return catalogue(language).get(f"policy.kind.{kind}", kind)


def law(reason: Mapping[str, Any], language: Language) -> str:
    """«1618/QĐ-UBND, Điều 6 khoản 2»; blank where no article says it."""
    say = sayer(language)
    if not reason.get("article"):
        return ""
    instrument = reason.get("number") or reason["instrument"]
    named = say("article", instrument=instrument, article=reason["article"])
    clause = reason.get("clause")
    return named + say("clause", clause=clause_in(clause, language)) if clause else named


def by_place(
    cells: Iterable[Mapping[str, Any]], language: Language
) -> list[tuple[str, str, list[str]]]:
    """Cells of the same sheet and kind together: (sheet, what stands there, their names)."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        groups.setdefault((cell["sheet"], cell.get("kind") or ""), []).append(cell["cell"])
    return [
        (sheet(where, language), kind_of_identifier(kind, language) if kind else "", names)
        for (where, kind), names in groups.items()
    ]
