"""What of the list of submissions is shown: the filter, which stays in the address, and what it says in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Query, Request
from pydantic import BeforeValidator, StringConstraints

from services.console import paging, words
from services.console.security import set_cookie
from services.model.text import Language

LIST = "/submissions"
COOKIE = "solieu_list"
"""Remembers the list that was looked at last, so that one comes back to it from a submission of it."""
MOST_REMEMBERED = 2_500
STATES = ("", "held", "returned", "withheld", "stored")
"""What one looks for; blank is all. The other states are offered where there is something in them."""
PASSING = ("received", "validated", "cleared", "superseded", "withdrawn")
SORTS = ("newest", "oldest", "period", "sender")
State = Annotated[str, Query(pattern=f"^({'|'.join((*STATES, *PASSING))})$")]
Sort = Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Query()]
# A form without a script sends what was left blank, too.
Day = Annotated[date | None, BeforeValidator(lambda given: given or None), Query()]
Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Wanted:
    """Which attempts are shown, in which order; as intake's API calls them."""

    state: State = ""
    form: Text = ""
    sender: Text = ""
    period: Text = ""
    received_from: Day = None
    received_until: Day = None
    search: Text = ""
    sort: Sort = SORTS[0]

    @property
    def is_narrowed(self) -> bool:
        """Whether more than a state and words are asked for."""
        return not self.query.keys() <= {"state", "search"}

    @property
    def has_filter(self) -> bool:
        """Whether anything is left out besides other states."""
        return not self.query.keys() <= {"state", "sort"}

    @property
    def query(self) -> dict[str, str]:
        """The parameters that are set."""
        given = {name: str(value) for name, value in vars(self).items() if value}
        return {name: value for name, value in given.items() if (name, value) != ("sort", SORTS[0])}

    def address(self, path: str = LIST, **changes: object) -> str:
        """The address of what is shown, with these parameters changed."""
        return paging.address(path, **self.query | changes)


def remember(request: Request, wanted: Wanted, number: int) -> None:
    """That this page of the list is where one comes back to."""
    query = urlencode(wanted.query | ({"page": str(number)} if number > 1 else {}))
    set_cookie(request, COOKIE, query if len(query) <= MOST_REMEMBERED else "")


def way_back(request: Request) -> str:
    """The address of the list that was looked at last."""
    known = {*Wanted.__dataclass_fields__, "page"}
    kept = parse_qsl(request.cookies.get(COOKIE, ""))
    return paging.address(LIST, **{name: value for name, value in kept if name in known})


@dataclass(frozen=True)
class Choices:
    """By what one can filter: (id, name), forms and senders by name, periods by time."""

    forms: Sequence[tuple[str, str]] = ()
    senders: Sequence[tuple[str, str]] = ()
    periods: Sequence[tuple[str, str]] = ()


def choices(
    wanted: Wanted, among: Mapping[str, Any], forms: Names, senders: Names, language: Language
) -> Choices:
    """From what intake tells apart; what is chosen is offered though there is nothing of it any more."""

    def named(ids: Sequence[str], chosen: str, names: Names) -> list[tuple[str, str]]:
        there = {*ids, chosen} - {""}
        found = ((id_, words.in_language(names.get(id_), language, id_)) for id_ in there)
        return sorted(found, key=lambda one: (one[1].casefold(), one[0]))

    there = list(among["periods"])
    periods = there if wanted.period in ("", *there) else [wanted.period, *there]
    return Choices(
        named(among["forms"], wanted.form, forms),
        named(among["senders"], wanted.sender, senders),
        [(period, words.period(period, language)) for period in periods],
    )


def said(wanted: Wanted, offered: Choices, language: Language) -> list[str]:
    """The filter in words, for who reads the page on paper."""
    say = words.sayer(language)
    found = [say(f"filter.{wanted.state}")] if wanted.state else []
    each = (offered.forms, wanted.form), (offered.senders, wanted.sender), (offered.periods, wanted.period)  # fmt: skip
    found += [dict(among)[chosen] for among, chosen in each if chosen]
    if wanted.received_from:
        found.append(say("inbox.since", day=words.day(str(wanted.received_from), language)))
    if wanted.received_until:
        found.append(say("inbox.until", day=words.day(str(wanted.received_until), language)))
    return [*found, *([f"«{wanted.search}»"] if wanted.search else [])]
