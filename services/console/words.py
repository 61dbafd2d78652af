"""Codes of the product in the words of its readers: languages, periods, times, numbers, cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from fastapi import Request

from services.console.security import set_cookie
from services.model import wording
from services.model.messages import LANGUAGES, text
from services.model.period import Frequency, Period, PeriodError
from services.model.picture import Picture
from services.model.text import Language

LANGUAGE_COOKIE = "solieu_language"
LANGUAGE_PARAMETER = "language"
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
            return wording.day(period.start, language)
        case Frequency.RANGE:
            if not (period.months and period.start.month == 1):
                return (
                    f"{wording.day(period.start, language)} – {wording.day(period.end, language)}"
                )
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
    return wording.day(date.fromisoformat(iso), language)


def place(article: str, clause: str | None, language: Language) -> str:
    """«khoản 2 Điều 6»."""
    return wording.place(article, clause).of(language)


def moment(iso: str | None, language: Language) -> str:
    """A time of an API (RFC 3339) as people of Việt Nam write it; blank for none."""
    return wording.moment(iso).of(language) if iso else ""


def sheet(name: str, language: Language) -> str:
    """A sheet by its name, or by its place where the event only says `#1`."""
    if name.startswith("#") and name[1:].isdigit():
        return sayer(language)("sheet", number=name[1:])
    return name


def picture(drawn: Picture, language: Language) -> str:
    """What a picture of a sheet shows."""
    return text("picture.sheet", language, sheet=drawn.sheet, cells=drawn.cells)


def filled(language: Language) -> str:
    """What a grey square of a picture says."""
    return text("picture.filled", language)


def law(reason: Mapping[str, Any], language: Language) -> str:
    """«khoản 2 Điều 6 1618/QĐ-UBND»; blank where no article says it."""
    if not reason.get("article"):
        return ""
    instrument = reason.get("number") or reason["instrument"]
    return wording.law(instrument, reason["article"], reason.get("clause")).of(language)


def by_place(
    cells: Iterable[Mapping[str, Any]], language: Language
) -> list[tuple[str, str, list[str]]]:
    """Cells of the same sheet and kind together: (sheet, what stands there, their names)."""
    return [
        (
            sheet(where, language),
            wording.kind_of_identifier(kind, language) if kind else "",
            names,
        )
        for (where, kind), names in wording.by_kind(cells).items()
    ]
