"""Each gate against its table of cases (allowed, forbidden, borderline, fact missing), wherever some law has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.model.enumerations import SecretLevel
from services.model.flags import Flags
from services.model.regulation import Keeper, load_regulations
from services.policy.law.decide import decide
from services.policy.law.policies import library
from services.policy.law.verdict import COMPILERS, Audience, Verdict, WorkSecret
from tests.unit.policy_cases import case, finding

DIEN_BIEN, LANG_SON, NATIONAL, NOWHERE = "11", "20", None, "30"
"""Two provinces with a regulation, national forms, and a province whose regulation the catalogue doesn't have."""
DB, LS = "dien-bien-1618-2021", "lang-son-quy-che"
LAW, SECRETS = "luat-thong-ke-89-2015", "luat-bi-mat-nha-nuoc-117-2025"
GATES: dict[str, tuple[str, str, str]] = {
    # gate: its policy in Điện Biên, in Lạng Sơn, in national law; "" where there is no such gate
    "secret": (f"{DB}.6.1", f"{LS}.8.1", f"{SECRETS}.5.2"),
    "marked": (f"{DB}.6.1.marked", f"{LS}.8.1.marked", f"{SECRETS}.5.2.marked"),
    "names": (f"{DB}.6.2", f"{LS}.8.2", f"{LAW}.10.1e"),
    "records": ("", f"{LS}.7.1c", ""),
    "quality": (f"{DB}.6.3", f"{LS}.8.3", f"{LAW}.10.1b"),
    "unproven": (f"{DB}.6.3.unproven", f"{LS}.8.3.unproven", f"{LAW}.10.1b.unproven"),
    "private": (f"{DB}.6.4", f"{LS}.8.4", ""),
    "agreement": (f"{DB}.8.1", "", ""),
    "third party": (f"{DB}.6.5", f"{LS}.8.5", ""),
    "confidential": (f"{LAW}.10.1e.confidential",) * 3,
    "work secret": ("quy-che-1908-2020.4.5",) * 3,
    "perhaps a work secret": ("quy-che-1908-2020.4.5.undecided",) * 3,
    "inbound": ("", f"{LS}.7.1b.inbound", ""),
    "embargo": (f"{LAW}.10.1e.unpublished", f"{LS}.7.1b", f"{LAW}.10.1e.unpublished"),
}
HELD = {"unproven", "private", "embargo", "inbound", "perhaps a work secret"}
"""The gates at which a person, or a publication, decides; the others withhold."""
NAME, PHONE = finding("person_name"), finding("phone", "C2")
DEMANDED = frozenset({"person_name", "address"})
AGENCY, ROOM = Audience("agency", "x"), Audience("room", "x")
COMMITTEE, OFFICE = Audience("provincial_committee", "x"), Audience("national_office", "x")
PUBLIC = Audience("user_group", "c")


@dataclass(frozen=True)
class Row:
    """One case: the gates that close for it, or a missing fact; none: cleared."""

    gate: str
    name: str
    facts: dict[str, Any]
    closed: tuple[str, ...] = ()
    audience: Audience = COMPILERS
    missing: str = ""
    waived: frozenset[str] = field(default=frozenset())


def confidential(status: str = "C", recipients: str = "") -> dict[str, Any]:
    """Published figures with this CONF_STATUS, and CONF_REDIST."""
    return {"flags": Flags(status, recipients), "published": True}


def rows() -> Iterator[Row]:
    """All cases."""
    yield Row("secret", "public", {"classification": "public"})
    yield Row("secret", "internal is no secret", {"classification": "internal"})
    yield Row("secret", "declared", {"classification": "state_secret"}, ("secret",))
    yield Row("secret", "not declared", {"classification": None}, missing="fact.classification")
    yield Row("marked", "no marking", {"markings": ()})
    for level in SecretLevel:
        yield Row("marked", level, {"markings": (finding(level),)}, ("marked",))
    both = {"markings": (finding("confidential"),), "classification": "state_secret"}
    yield Row("marked", "declared and marked", both, ("secret", "marked"))
    public = {"markings": (finding("confidential"),), "published": True, "consent": True}
    yield Row("marked", "neither consent nor publication opens it", public, ("marked",))
    shared = {"regime": "sharing", "findings": (NAME,)}
    yield Row("names", "shared, nobody named", {"regime": "sharing"})
    yield Row("names", "shared, named", shared, ("names", "records"))
    yield Row("names", "shared, agreed", {**shared, "consent": True})
    yield Row(
        "names", "shared, though asked for", {**shared, "demanded": DEMANDED}, ("names", "records")
    )
    yield Row("names", "a duty, named", {"findings": (NAME,)}, ("names",))
    asked = {"findings": (NAME,), "demanded": DEMANDED}
    yield Row("names", "a duty that asks for names", asked)
    yield Row("names", "the same, onward", {**asked, "published": True}, ("names",), AGENCY)
    more = {"findings": (NAME, PHONE), "demanded": DEMANDED}
    yield Row("names", "more than the duty asks for", more, ("names",))
    yield Row("names", "not scanned", {"findings": None}, missing="fact.findings")
    yield Row("names", "form unknown", {"missing": ("form",)}, missing="policy.form-missing")
    yield Row("quality", "no error", {"errors": 0})
    yield Row("quality", "one error", {"errors": 1}, ("quality",))
    yield Row("quality", "altered", {"integrity": "altered"}, ("quality",))
    yield Row("quality", "errors unknown", {"errors": None}, missing="fact.errors")
    yield Row("unproven", "intact", {"integrity": "intact"})
    yield Row("unproven", "unproven", {"integrity": "unproven"}, ("unproven",))
    yield Row("unproven", "unknown", {"integrity": None}, missing="fact.integrity")
    asks = {"published": True, "private_interest": True}
    yield Row("private", "for an office", {"published": True}, audience=AGENCY)
    yield Row("private", "for oneself", asks, ("private",), AGENCY)
    looked = frozenset({f"{DB}.6.4", f"{LS}.8.4"})
    yield Row("private", "a person saw no harm", asks, audience=AGENCY, waived=looked)
    kept = {"recipients": frozenset({"compilers", "room"}), "published": True}
    yield Row("third party", "kept from others, to the compilers", kept)
    yield Row("third party", "kept from others, to a room", kept, audience=ROOM)
    yield Row("third party", "kept from others, to another", kept, ("third party",), AGENCY)
    yield Row("third party", "for nobody", {"recipients": frozenset()}, ("third party",))
    yield Row("third party", "unknown", {"recipients": None}, missing="fact.recipients")
    for state in ("none", "in_force", "expired"):
        agreed = {"agreement": state, "published": True}
        closed = ("agreement",) if state == "expired" else ()
        yield Row("agreement", f"{state}, to the compilers", agreed)
        yield Row("agreement", f"{state}, onward", agreed, closed, AGENCY)
    for audience in (COMPILERS, ROOM):
        yield Row("confidential", f"to {audience.kind}", confidential(), audience=audience)
    for audience in (AGENCY, COMMITTEE, OFFICE, PUBLIC):
        marked = "confidential", f"marked, to {audience.kind}"
        yield Row(*marked, confidential(), ("confidential",), audience)
    yield Row("confidential", "free", confidential("F"), audience=AGENCY)
    yield Row("confidential", "the sender names it", confidential("N", "y, x"), audience=AGENCY)
    yield Row(
        "confidential", "the sender names another", confidential("N", "xy"), ("confidential",),
        AGENCY,
    )  # fmt: skip
    secret = {"work_secret": WorkSecret.YES, "published": True}
    for audience in (COMPILERS, ROOM):
        yield Row("work secret", f"to {audience.kind}", secret, audience=audience)
    for audience in (AGENCY, COMMITTEE, OFFICE, PUBLIC):
        yield Row("work secret", f"to {audience.kind}", secret, ("work secret",), audience)
    perhaps = {"work_secret": WorkSecret.UNDECIDED, "published": True}
    for audience in (COMPILERS, ROOM, AGENCY):
        gate = "perhaps a work secret"
        yield Row(gate, f"to {audience.kind}", perhaps, (gate,), audience)
    came = {"regime": "sharing", "unpublished": True}
    yield Row("inbound", "shared, with what isn't published", came, ("inbound",))
    yield Row("inbound", "shared, with what is published", came | {"unpublished": False})
    yield Row("inbound", "a duty, with what isn't published", came | {"regime": "coordination"})
    lifted = frozenset({f"{LS}.7.1b.inbound"})
    yield Row("inbound", "a person let it in", came, waived=lifted)
    for audience in (COMPILERS, COMMITTEE, OFFICE):
        yield Row("embargo", f"unpublished, to {audience.kind}", {}, audience=audience)
    for audience in (AGENCY, ROOM, PUBLIC):
        yield Row("embargo", f"unpublished, to {audience.kind}", {}, ("embargo",), audience)
        yield Row(
            "embargo", f"published, to {audience.kind}", {"published": True}, audience=audience
        )


@pytest.mark.parametrize("province", [DIEN_BIEN, LANG_SON, NATIONAL, NOWHERE])
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row.gate}: {row.name}")
def test_each_gate_in_each_place(row: Row, province: str | None) -> None:
    decision = decide(case(province=province, waived=row.waived, **row.facts), row.audience)
    if row.missing:
        assert decision.verdict is Verdict.HELD
        assert row.missing in [one.policy for one in decision.reasons]
        return
    place = {DIEN_BIEN: 0, LANG_SON: 1}.get(province or "", 2)
    closed = {GATES[gate][place]: gate for gate in row.closed if GATES[gate][place]}
    assert {one.policy for one in decision.reasons} == set(closed)
    if not closed:
        assert decision.verdict is Verdict.CLEARED
    elif set(closed.values()) <= HELD:
        assert decision.verdict is Verdict.HELD
    else:
        assert decision.verdict is Verdict.WITHHELD
    for reason in decision.reasons:
        assert reason.policy.startswith(f"{reason.instrument}.{reason.article}."), "its own article"


def test_what_policy_is_said_to_keep_is_what_policies_keep() -> None:
    said = {
        (instrument.id, article.article, article.clause)
        for instrument in load_regulations()
        for article in instrument.articles
        if article.kept_by is Keeper.POLICY
    }
    bound = {
        (one.instrument, one.article, one.clause) for one in library().policies if one.instrument
    }
    assert said == bound


def test_every_article_says_who_keeps_it_and_how() -> None:
    for instrument in load_regulations():
        for article in instrument.articles:
            named = (instrument.id, article.article, article.clause)
            assert article.kept_by is not None, named
            told = article.kept_by in (Keeper.SOFTWARE, Keeper.PEOPLE)
            assert (article.how is not None) == told, named


def test_every_gate_has_its_cases() -> None:
    forbids = {one.id for one in library().policies if one.verdict is not Verdict.CLEARED}
    old = {one for one in forbids if one.startswith("luat-bi-mat-nha-nuoc-29-2018")}
    assert {one for gate in GATES.values() for one in gate if one} == forbids - old
    assert {row.gate for row in rows()} | {"records"} == set(GATES)
