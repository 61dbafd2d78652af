"""Names instead of codes: what catalogue calls forms, organisations and areas, kept for some minutes.

Names are asked for with the person's token. Who may not read an entry, as an agency one of others, sees
the name that the product was shipped with; where those end the code itself is shown: it is never wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from services.console import words
from services.console.calls import Away, Services
from services.kernel.refused import Refused
from services.model.organisation import OFFICES
from services.model.starter_pack import starter_pack
from services.model.text import Language

KEEP_SECONDS = 300.0
KEEP_REFUSED_SECONDS = 20.0
MOST = 2_000
PEOPLE = (
    "person", "on_behalf", "asked_by", "answered_by", "withdrawn_by", "proposed_by", "decided_by",
    "drafted_by", "prepared_by", "approved_by", "judged_by", "ordered_by", "confirmed_by", "by",
)  # fmt: skip
"""What services call somebody who did something."""
TOKEN, SENDER, FOUNDING = "token:", "sender:", "founding"
"""How services name a program of a role, a sender that signed by its key, and the command on the machine."""
MOST_PEOPLE = 200
"""As many as catalogue names at once: more than a page shows."""
Text = dict[str, str]
Names = dict[tuple[str, str], Text]


class Dictionary:
    """The names known in this process; `clock` counts seconds."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._known: dict[tuple[str, str, str], tuple[float, Any]] = {}

    async def of(self, attempts: Iterable[dict[str, Any]], person: Any) -> Names:
        """The names that these attempts need: (`form`, id), (`organisation`, id), (`area`, `list/code`).

        An incident is named as its attempt is; it tells no area.
        """
        attempts = list(attempts)
        entries = {("form", attempt["form"]) for attempt in attempts}
        entries |= {("organisation", attempt["sender"]) for attempt in attempts}
        entries |= {("organisation", person.organisation)} if person.organisation else set()
        lists = {attempt["area_list"] for attempt in attempts if "area_list" in attempt}
        entries |= {("codelist", codelist) for codelist in lists}
        bodies = await self._bodies(sorted(entries), person)
        names: Names = {}
        for (kind, id_), body in bodies.items():
            if kind == "codelist":
                names |= {("area", f"{id_}/{code['code']}"): code["name"] for code in body["codes"]}
            else:
                names[kind, id_] = _name(kind, body)
        return names

    async def organisation(self, id_: str, person: Any) -> Text | None:
        """The name of one organisation or room."""
        return (await self.organisations([id_], person)).get(id_)

    async def organisations(self, ids: Iterable[str], person: Any) -> dict[str, Text]:
        """The names of those organisations and rooms that have one, by id."""
        return await self.called("organisation", ids, person)

    async def called(self, kind: str, ids: Iterable[str], person: Any) -> dict[str, Text]:
        """The names of those forms, or organisations, that have one, by id."""
        bodies = await self._bodies([(kind, id_) for id_ in sorted(set(ids))], person)
        return {id_: _name(kind, body) for (_, id_), body in bodies.items()}

    async def people(self, told: Any, person: Any, language: Language) -> dict[str, str]:
        """What to call those whom the answers of services name, by id; who may not be named to the person has nothing.

        A program is called by its role, a sender that signed by its key by its organisation.
        """
        ids = set(_people(told))
        senders = {id_: id_.removeprefix(SENDER) for id_ in ids if id_.startswith(SENDER)}
        organisations = await self.organisations(senders.values(), person)
        say = words.sayer(language)
        found = {
            id_: words.in_language(organisations.get(organisation), language, organisation)
            for id_, organisation in senders.items()
        }
        found |= {
            id_: say(f"role.{id_.removeprefix(TOKEN)}") for id_ in ids if id_.startswith(TOKEN)
        }
        found |= {id_: say("person.founding") for id_ in ids if id_ == FOUNDING}
        return found | await self._named(ids - found.keys(), person)

    async def _named(self, ids: set[str], person: Any) -> dict[str, str]:
        kept = {id_: self._kept("person", id_, person) for id_ in sorted(ids)}
        unknown = [id_ for id_, (is_fresh, _) in kept.items() if not is_fresh][:MOST_PEOPLE]
        found = {id_: name for id_, (_, name) in kept.items() if name}
        if unknown:
            keep = KEEP_SECONDS
            try:
                answer = await self._services.get(
                    "catalogue", "/v1/names", person.token, {"id": unknown}
                )
                found |= dict(answer["names"])
            except (Refused, Away, KeyError, TypeError, ValueError):
                keep = KEEP_REFUSED_SECONDS
            for id_ in unknown:
                self._keep("person", id_, person, found.get(id_), keep)
        return found

    async def choices(self, kind: str, person: Any, language: Language) -> list[tuple[str, str]]:
        """All forms, or all organisations that may send: (id, name), by name."""
        choices = [
            (id_, str(_name(kind, body)[language]))
            for id_, body in (await self._all(kind, person)).items()
            if body.get("kind") not in OFFICES
        ]
        return sorted(choices, key=lambda choice: choice[1])

    async def entries(self, kind: str, person: Any) -> list[Any]:
        """The bodies of all entries of a kind; an agency has others' as the product was shipped with them."""
        shipped = await self._bodies([each for each in _shipped() if each[0] == kind], person)
        return [
            *(
                {id_: body for (_, id_), body in shipped.items()} | await self._all(kind, person)
            ).values()
        ]

    async def codes(self, lists: Iterable[str], person: Any) -> dict[tuple[str, str], Text]:
        """What the codes of these lists are called, by list and code."""
        bodies = await self._bodies([("codelist", id_) for id_ in sorted(set(lists))], person)
        return {
            (id_, code["code"]): code["name"]
            for (_, id_), body in bodies.items()
            for code in body["codes"]
        }

    async def _all(self, kind: str, person: Any) -> dict[str, Any]:
        try:
            entries = await self._services.get("catalogue", f"/v1/{kind}", person.token)
            ids = [entry["id"] for entry in entries]
        except (Refused, Away, KeyError, TypeError):
            ids = [id_ for shipped, id_ in _shipped() if shipped == kind]
        bodies = await self._bodies([(kind, id_) for id_ in ids], person)
        return {id_: body for (_, id_), body in bodies.items()}

    async def _bodies(
        self, entries: Iterable[tuple[str, str]], person: Any
    ) -> dict[tuple[str, str], Any]:
        entries = list(entries)
        bodies = await asyncio.gather(*(self._body(kind, id_, person) for kind, id_ in entries))
        return {
            entry: body for entry, body in zip(entries, bodies, strict=True) if body is not None
        }

    async def _body(self, kind: str, id_: str, person: Any) -> Any:
        """An entry's body, None where it can't be had by someone of this organisation with these roles."""
        is_fresh, body = self._kept(kind, id_, person)
        if is_fresh:
            return body
        keep = KEEP_SECONDS
        try:
            path = f"/v1/{kind}/{quote(id_, safe='')}"
            body = (await self._services.get("catalogue", path, person.token))["body"]
        except (Refused, Away, KeyError, TypeError):
            # An old name is better than none.
            keep, body = KEEP_REFUSED_SECONDS, body or _shipped().get((kind, id_))
        self._keep(kind, id_, person, body, keep)
        return body

    def _kept(self, kind: str, id_: str, person: Any) -> tuple[bool, Any]:
        """What was had last by someone of this organisation with these roles, and whether that was lately."""
        until, found = self._known.get(_key(kind, id_, person), (0.0, None))
        return self._clock() < until, found

    def _keep(self, kind: str, id_: str, person: Any, found: Any, seconds: float) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[_key(kind, id_, person)] = self._clock() + seconds, found


def _name(kind: str, body: Mapping[str, Any]) -> Text:
    name: Text = body["title" if kind == "form" else "name"]
    return name


def _key(kind: str, id_: str, person: Any) -> tuple[str, str, str]:
    return kind, id_, " ".join((person.organisation, *sorted(person.roles)))


def _people(told: Any) -> Iterator[str]:
    """The ids of people anywhere in what a service answered."""
    match told:
        case Mapping():
            for name, value in told.items():
                if name in PEOPLE and isinstance(value, str) and value:
                    yield value
                else:
                    yield from _people(value)
        case list() | tuple():
            for value in told:
                yield from _people(value)
        case _:
            pass


@cache
def _shipped() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """The entries of the starter pack: public texts, in the repository for anybody to read."""
    return {(entry.kind, entry.id): entry.body for entry in starter_pack()}
