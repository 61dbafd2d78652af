"""The policies: read from the *.cedar files, checked against their schema, chosen by law in force.

Each policy binds by its annotations to an instrument and article, and to one matter (@requirement).
Which apply is chosen here, what they say is left to Cedar.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import cedarpy

from services.model.nesting import deepest
from services.model.regulation import Instrument
from services.policy.law.verdict import Verdict

FOLDER = Path(__file__).parent
SCHEMA, NATIONAL = "policies.cedarschema", "national.cedar"

MOST_NESTED: Final = 50
"""Brackets within one another in a file, and conditions in a policy; ours have six. Cedar dies of some hundreds."""
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|[()\[\]{}<>;]|\bif\b')
"""Strings and comments, so that what is in them is passed over; brackets, ends of policies, conditions."""


class PolicyError(ValueError):
    """The policy files are not what their schema or this module asks for."""


@dataclass(frozen=True)
class Policy:
    """One policy and what it binds to; `instrument` is empty where no article says it.

    `reviewers` is how many persons must agree to lift a hold of it; `leadership`: whether only the leadership may.
    """

    id: str
    national: bool
    requirement: str
    instrument: str
    article: str
    clause: str | None
    message: str
    verdict: Verdict
    source: str
    reviewers: int = 1
    leadership: bool = False


@dataclass(frozen=True)
class Library:
    """All policies, by id in their order, and the schema they were checked against."""

    policies: tuple[Policy, ...]
    schema: cedarpy.Schema

    def chosen(self, instruments: Iterable[Instrument], province: str | None) -> "Choice":
        """The policies for a province (None: national), given the instruments in force.

        On each matter the province's own articles stand alone; without any, national law does.
        """
        return _chosen(
            self.policies,
            tuple((instrument.id, instrument.province) for instrument in instruments),
            province,
        )


def _matters(policies: Iterable[Policy]) -> frozenset[str]:
    """The matters that must be decided for every attempt: those of national.cedar."""
    return frozenset(policy.requirement for policy in policies if policy.national)


@lru_cache(maxsize=256)
def _chosen(
    policies: tuple[Policy, ...],
    places_of: tuple[tuple[str, str | None], ...],
    province: str | None,
) -> "Choice":
    places = dict(places_of)
    own: dict[str, list[Policy]] = {}
    national: dict[str, list[Policy]] = {}
    for policy in policies:
        if policy.instrument and policy.instrument not in places:
            continue
        place = places.get(policy.instrument)
        if place is None:
            national.setdefault(policy.requirement, []).append(policy)
        elif place == province:
            own.setdefault(policy.requirement, []).append(policy)
    applied = national | own
    ids = {policy.id for group in applied.values() for policy in group}
    return Choice(
        tuple(policy for policy in policies if policy.id in ids),
        tuple(sorted(_matters(policies) - applied.keys())),
    )


@dataclass(frozen=True)
class Choice:
    """The policies that apply, and the matters on which no law in force was found."""

    policies: tuple[Policy, ...]
    open_matters: tuple[str, ...]


@cache
def library(folder: Path = FOLDER) -> Library:
    """The product's policies; raises PolicyError for any that the schema or a rule here refuses."""
    return read({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.cedar*")})


def read(files: Mapping[str, str]) -> Library:
    """The policies of these files, by name: *.cedar and policies.cedarschema; raises PolicyError as `library` does."""
    names = sorted(name for name in files if name.endswith(".cedar"))
    for needed in (SCHEMA, NATIONAL):
        if needed not in files:
            raise PolicyError(f"{needed} is missing")
    for name in (SCHEMA, *names):
        _refuse_nested(name, files[name])
    try:
        schema = cedarpy.Schema.from_str(files[SCHEMA])
        policies = tuple(
            policy for name in names for policy in _policies(name, files[name], schema)
        )
    except ValueError as error:
        raise PolicyError(str(error)) from error
    if len({policy.id for policy in policies}) != len(policies):
        raise PolicyError("two policies have the same @id")
    return Library(policies, schema)


@lru_cache(maxsize=256)
def policy_set(policies: tuple[Policy, ...]) -> cedarpy.PolicySet:
    """The handle that Cedar evaluates, its policies named by their @id."""
    bodies = {policy.id: json.loads(policy.source) for policy in policies}
    document = {"staticPolicies": bodies, "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def _refuse_nested(name: str, text: str) -> None:
    """Cedar's own parser has no bound, and ends the process."""
    words = [word for word in _NESTING.findall(text) if word[0] not in '"/']
    opening, closing = ("([{<", ")]}>") if name == SCHEMA else ("([{", ")]}")
    conditions = max(part.split().count("if") for part in " ".join(words).split(";"))
    if max(deepest(words, opening, closing), conditions) > MOST_NESTED:
        raise PolicyError(
            f"{name}: nested more than {MOST_NESTED} levels deep: make several policies of it"
        )


def _policies(name: str, text: str, schema: cedarpy.Schema) -> Iterator[Policy]:
    checked = cedarpy.validate_policies(text, schema)
    if not checked.validation_passed:
        raise PolicyError(f"{name}: " + "; ".join(str(error) for error in checked.errors))
    parsed = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    # Cedar calls them policy0, policy1, …: their order in the file.
    for number in sorted(parsed, key=lambda name: int(name.removeprefix("policy"))):
        yield _policy(f"{name} {number}", name == NATIONAL, parsed[number])


def _policy(where: str, national: bool, body: dict[str, Any]) -> Policy:
    notes: dict[str, str] = body.get("annotations", {})
    forbids = body["effect"] == "forbid"
    needed = ["id", "requirement", *(["instrument", "article", "message"] if forbids else [])]
    missing = [note for note in needed if not notes.get(note)]
    if missing:
        raise PolicyError(f"{where}: no @{', @'.join(missing)}")
    return Policy(
        id=notes["id"],
        national=national,
        requirement=notes["requirement"],
        instrument=notes.get("instrument", ""),
        article=notes.get("article", ""),
        clause=notes.get("clause"),
        message=notes.get("message", ""),
        verdict=Verdict(notes.get("verdict", "withheld" if forbids else "cleared")),
        source=json.dumps(body),
        reviewers=int(notes.get("reviewers", "1")),
        leadership=notes.get("decides") == "leadership",
    )
