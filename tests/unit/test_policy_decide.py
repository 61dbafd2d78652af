"""What every decision keeps to, whatever the facts; the gates of each article are in test_policy_articles.py."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import cedarpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.events.policy import CellFinding, Reason
from services.model.enumerations import SecretLevel
from services.model.flags import Flags
from services.model.wording import MOST_CELLS
from services.policy.evidence.finding import Kind
from services.policy.law.decide import decide
from services.policy.law.policies import Library, Policy, library
from services.policy.law.verdict import COMPILERS, KINDS, Audience, Decision, Verdict
from tests.unit.policy_cases import REGULATIONS, case, finding

NAME, PHONE = finding("person_name"), finding("phone", "C2")
DB = "dien-bien-1618-2021"
LAW = "luat-thong-ke-89-2015"


def test_a_withheld_attempt_names_its_article() -> None:
    decision = decide(case(regime="sharing", findings=(NAME,)))
    assert decision.reasons == (
        Reason(
            policy=f"{DB}.6.2",
            requirement="R19",
            message="policy.identifiers",
            instrument=DB,
            article="6",
            clause="2",
            cells=(CellFinding(**vars(NAME)),),
        ),
    )
    assert [(one.instrument, one.article, one.clause) for one in decision.articles] == [
        (DB, "6", "2")
    ]


def test_a_cleared_attempt_names_what_was_checked() -> None:
    decision = decide(case())
    (release,) = decision.releases
    assert (release.audience_kind, release.state, release.copy) == ("compilers", "granted", "full")
    assert [(one.article, one.clause) for one in release.articles] == [
        ("4", "2"),
        ("6", "1"),
        ("6", "2"),
        ("6", "3"),
        ("6", "4"),
        ("6", "5"),
        ("8", "1"),
        ("10", "1 điểm e"),
        ("4", "5"),
    ]
    assert decision.checked == (
        f"{DB}.4.2",
        f"{DB}.5.2",
        f"{DB}.5.3",
        f"{DB}.6.1",
        f"{DB}.6.1.marked",
        f"{DB}.6.2",
        f"{DB}.6.3",
        f"{DB}.6.3.unproven",
        f"{DB}.6.4",
        f"{DB}.6.5",
        f"{DB}.8.1",
        f"{LAW}.10.1e.unpublished",
        f"{LAW}.10.1e.confidential",
        "quy-che-1908-2020.4.5",
        "quy-che-1908-2020.4.5.undecided",
    )


@pytest.mark.parametrize(
    ("day", "law"),
    [
        (date(2026, 2, 28), "luat-bi-mat-nha-nuoc-29-2018.5.5"),
        (date(2026, 3, 1), "luat-bi-mat-nha-nuoc-117-2025.5.2"),
    ],
)
def test_the_law_of_the_day_decides(day: date, law: str) -> None:
    decision = decide(case(day, province=None, classification="state_secret"))
    assert [reason.policy for reason in decision.reasons] == [law]


def test_before_the_provinces_regulation_national_law_holds() -> None:
    before = decide(case(date(2021, 8, 31), regime="sharing", findings=(NAME,)))
    assert before.reasons[0].instrument == LAW
    after = decide(case(date(2021, 9, 1), regime="sharing", findings=(NAME,)))
    assert after.reasons[0].instrument == DB


def test_without_any_law_on_a_matter_it_is_held() -> None:
    decision = decide(case(province=None, instruments=()))
    assert decision.verdict is Verdict.HELD
    assert [(one.policy, one.requirement) for one in decision.reasons] == [
        ("policy.no-law", "R11"),
        ("policy.no-law", "R17"),
        ("policy.no-law", "R18"),
        ("policy.no-law", "R19"),
        ("policy.no-law", "R20"),
        ("policy.no-law", "R91"),
    ]
    only_secrets = tuple(one for one in REGULATIONS if one.id.startswith("luat-bi-mat"))
    assert decide(case(province=None, instruments=only_secrets)).verdict is Verdict.HELD


@pytest.mark.parametrize("kind", ["everybody", "nonsense"])
@pytest.mark.parametrize("province", ["11", None])
def test_who_is_not_named_is_not_permitted(kind: str, province: str | None) -> None:
    someone = Audience(kind, "x")
    decision = decide(
        case(recipients=frozenset({kind}), published=True, province=province), someone
    )
    assert decision.verdict is Verdict.HELD
    assert decision.reasons[0].message == "policy.not-permitted"


def test_a_room_accepts_what_is_let_through_or_held_not_what_is_forbidden() -> None:
    awaiting = decide(case(needs_acceptance=True))
    assert (awaiting.verdict, [one.policy for one in awaiting.reasons]) == (
        Verdict.HELD,
        ["acceptance"],
    )
    assert (awaiting.reviewers, awaiting.releases) == (1, ())
    unproven = decide(case(needs_acceptance=True, integrity="unproven"))
    assert [one.policy for one in unproven.reasons][-1] == "acceptance"
    assert unproven.reviewers == 2
    forbidden = decide(case(needs_acceptance=True, classification="state_secret"))
    assert forbidden.verdict is Verdict.WITHHELD
    assert all(one.policy != "acceptance" for one in forbidden.reasons)


def test_a_withheld_attempt_stays_withheld_where_it_would_also_be_held() -> None:
    decision = decide(case(classification="state_secret", integrity="unproven"))
    assert decision.verdict is Verdict.WITHHELD
    assert len(decision.reasons) == 2
    policies = library().policies
    held_first = sorted(policies, key=lambda policy: policy.verdict is Verdict.WITHHELD)
    withheld_first = held_first[::-1]
    for order in (held_first, withheld_first):
        given = Library(tuple(order), library().schema)
        reasons = decide(
            case(classification="state_secret", integrity="unproven"), policies=given
        ).reasons
        assert [one.message for one in reasons] == [one.message for one in decision.reasons]


def broken(source: Library, condition: str) -> Library:
    """The policies, one of them with a condition that Cedar can't evaluate."""
    text = f'@id("x") forbid (principal, action, resource) when {{ {condition} }};'
    body = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]["policy0"]
    first = next(one for one in source.policies if one.id == f"{DB}.6.1")
    policies = tuple(
        replace(one, source=json.dumps(body)) if one == first else one for one in source.policies
    )
    return Library(policies, source.schema)


OVERFLOW = "resource.errors + 9223372036854775807 > 9223372036854775807 - resource.errors"
ANY_FACTS = st.fixed_dictionaries(
    {
        "classification": st.sampled_from(["public", "internal", "state_secret", "?"]),
        "regime": st.sampled_from(["coordination", "sharing", "?"]),
        "findings": st.lists(st.sampled_from([*map(finding, Kind)]), max_size=4).map(tuple),
        "demanded": st.frozensets(st.sampled_from([one.value for one in Kind])),
        "errors": st.integers(0, 3),
        "integrity": st.sampled_from(["intact", "altered", "unproven", "?"]),
        "recipients": st.frozensets(st.sampled_from(["compilers", "room"])),
        "province": st.sampled_from([None, "11", "20"]),
        "consent": st.booleans(),
        "agreement": st.sampled_from(["none", "in_force", "expired"]),
        "markings": st.lists(st.sampled_from([*map(finding, SecretLevel)]), max_size=2).map(tuple),
        "published": st.booleans(),
        "private_interest": st.booleans(),
    }
)


@given(ANY_FACTS)
def test_a_policy_that_fails_never_clears(facts: dict[str, Any]) -> None:
    facts |= {"province": "11", "errors": max(facts["errors"], 1), "classification": "public"}
    failing = broken(library(), OVERFLOW)
    decision = decide(case(**facts), policies=failing)
    assert decision.verdict is Verdict.HELD
    assert decision.reasons[-1].message == "policy.error"


def test_an_error_holds_even_where_the_engine_allows() -> None:
    """The other policies would allow it: what Cedar can't evaluate it leaves out, we don't."""
    decision = decide(case(), policies=broken(library(), "9223372036854775807 + 1 > 0"))
    assert (decision.verdict, decision.reasons[-1].policy) == (Verdict.HELD, "policy.error")
    wrong_type: Any = "many"
    unanswered = decide(case(errors=wrong_type))
    assert (unanswered.verdict, unanswered.reasons[-1].policy) == (Verdict.HELD, "policy.error")


def test_an_engine_that_raises_holds_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(cedarpy, "is_authorized", raising)
    decision = decide(case(agreement="nothing asked about before"))
    assert (decision.verdict, decision.reasons[-1].policy) == (Verdict.HELD, "policy.error")


@given(ANY_FACTS, st.sampled_from(list(Kind)))
def test_one_more_identifier_never_clears(facts: dict[str, Any], kind: Kind) -> None:
    before = decide(case(**facts))
    after = decide(case(**{**facts, "findings": (*facts["findings"], finding(kind, "Z9"))}))
    if before.verdict is not Verdict.CLEARED:
        assert after.verdict is not Verdict.CLEARED


NAMES = [
    "classification", "regime", "findings", "demanded", "errors", "integrity", "recipients",
    "province", "consent", "agreement", "markings", "published", "private_interest",
]  # fmt: skip
ATTRIBUTES = {"findings": "identifiers"}
"""Facts of a case that the policies know by another name."""
AUDIENCES = st.sampled_from([COMPILERS, *(Audience(kind, "x") for kind in sorted(KINDS))])


def read_by(policy: Policy) -> set[str]:
    """The facts that the text of a policy asks about."""
    return set(re.findall(r'"attr": "(\w+)"', policy.source))


NEAR_CLEAN = st.tuples(ANY_FACTS, st.sets(st.sampled_from(NAMES), max_size=3)).map(
    lambda drawn: {name: drawn[0][name] for name in drawn[1]}
)
"""Facts of which most are those of a clean case: half of such cases are cleared."""


@given(
    NEAR_CLEAN, ANY_FACTS, AUDIENCES, st.sampled_from([one for one in NAMES if one != "province"])
)
def test_only_a_fact_that_every_forbidding_article_names_can_turn_it_into_a_clearance(
    facts: dict[str, Any], others: dict[str, Any], audience: Audience, name: str
) -> None:
    """For every policy of both provinces and of national law; the province itself chooses the law and stays."""
    before = decide(case(**{**facts, name: others[name]}), audience)
    after = decide(case(**facts), audience)
    if before.verdict is Verdict.CLEARED or after.verdict is not Verdict.CLEARED:
        return
    by_id = {one.id: one for one in library().policies}
    named = ATTRIBUTES.get(name, name)
    for reason in before.reasons:
        forbids = by_id.get(reason.policy)
        permits = [by_id[one] for one in before.checked if not by_id[one].message]
        asked = read_by(forbids) if forbids else set[str]().union(*map(read_by, permits))
        assert named in asked, (reason.policy, name)


WORSE: Mapping[str, Mapping[str, Any]] = {
    "a secret": {"classification": "state_secret"},
    "a marking": {"markings": (finding(SecretLevel.TOP_SECRET),)},
    "no duty": {"regime": "sharing"},
    "nothing demanded": {"demanded": frozenset()},
    "no consent": {"consent": False},
    "errors": {"errors": 1},
    "an ended agreement": {"agreement": "expired"},
    "altered": {"integrity": "altered"},
    "unproven": {"integrity": "unproven"},
    "for nobody": {"recipients": frozenset()},
    "not published": {"published": False},
    "a private interest": {"private_interest": True},
    "confidential": {"flags": Flags("C")},
    "acceptance": {"needs_acceptance": True},
    "no form": {"missing": ("form",)},
}


@pytest.mark.parametrize("worse", WORSE.values(), ids=WORSE)
@given(facts=NEAR_CLEAN, audience=AUDIENCES)
def test_what_speaks_against_its_use_never_clears_it(
    worse: Mapping[str, Any], facts: dict[str, Any], audience: Audience
) -> None:
    # A regime that is none is permitted by nothing: any other is better.
    assume(facts.get("regime") != "?")
    before = decide(case(**facts), audience)
    after = decide(case(**{**facts, **worse}), audience)
    assert after.verdict is not Verdict.CLEARED or before.verdict is Verdict.CLEARED


@given(ANY_FACTS)
def test_a_secret_is_cleared_by_nothing(facts: dict[str, Any]) -> None:
    assert decide(case(**{**facts, "classification": "state_secret"})).verdict is Verdict.WITHHELD


@given(ANY_FACTS, st.sampled_from(["classification", "findings", "errors", "integrity"]))
def test_a_missing_fact_never_clears(facts: dict[str, Any], name: str) -> None:
    assert decide(case(**{**facts, name: None})).verdict is Verdict.HELD


def test_no_kind_of_finding_hides_behind_another() -> None:
    many = tuple(finding("person_name", f"B{row}") for row in range(1, 5000))
    (reason,) = decide(case(regime="sharing", findings=(*many, PHONE))).reasons
    assert len(reason.cells) <= MOST_CELLS
    assert CellFinding(**vars(PHONE)) in reason.cells


def test_decisions_are_comparable() -> None:
    first: Decision = decide(case())
    assert first == decide(case())
    assert first != decide(case(province=None))


def test_policies_carry_no_other_verdict_than_they_may() -> None:
    def allowed(policy: Policy) -> bool:
        permits = '"effect": "permit"' in policy.source
        return (policy.verdict is Verdict.CLEARED) == permits

    assert all(allowed(policy) for policy in library().policies)


@given(ANY_FACTS, st.frozensets(st.sampled_from([one.id for one in library().policies])))
def test_a_waiver_lifts_no_forbid_that_withholds(
    facts: dict[str, Any], waived: frozenset[str]
) -> None:
    before = decide(case(**facts)).verdict
    after = decide(case(**facts, waived=waived)).verdict
    assert (before is Verdict.WITHHELD) == (after is Verdict.WITHHELD)
