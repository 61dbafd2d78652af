"""Each article against its table of cases: allowed, forbidden, borderline, fact missing."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.identifiers.finding import MAX_CELLS, Kind
from services.policy.law.decide import decide
from services.policy.law.policies import Library, Policy, library
from services.policy.law.verdict import Audience, Decision, Reason, Verdict
from tests.unit.policy_cases import REGULATIONS, case, finding

NAME, PHONE = finding("person_name"), finding("phone", "C2")
DEMANDED = frozenset({"person_name", "address"})
DB = "dien-bien-1618-2021"
LAW = "luat-thong-ke-89-2015"
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    # article of Điện Biên, case, facts, the policy that decides or "" where it is cleared
    ("6.1", "public", {"classification": "public"}, ""),
    ("6.1", "internal is no secret", {"classification": "internal"}, ""),
    ("6.1", "declared secret", {"classification": "state_secret"}, f"{DB}.6.1"),
    ("6.1", "not declared", {"classification": None}, "fact.classification"),
    ("6.2", "shared, no identifiers", {"regime": "sharing"}, ""),
    ("6.2", "shared with names", {"regime": "sharing", "findings": (NAME,)}, f"{DB}.6.2"),
    ("6.2", "shared, agreed", {"regime": "sharing", "findings": (NAME,), "consent": True}, ""),
    (
        "6.2",
        "shared, though the form asks for names",
        {"regime": "sharing", "findings": (NAME,), "demanded": DEMANDED},
        f"{DB}.6.2",
    ),
    ("6.2", "a duty with names", {"findings": (NAME,)}, f"{DB}.6.2"),
    ("6.2", "a duty that asks for names", {"findings": (NAME,), "demanded": DEMANDED}, ""),
    (
        "6.2",
        "more than the duty asks for",
        {"findings": (NAME, PHONE), "demanded": DEMANDED},
        f"{DB}.6.2",
    ),
    ("6.2", "not scanned", {"findings": None}, "fact.findings"),
    ("6.2", "form unknown", {"demanded": None, "missing": ("form",)}, "policy.form-missing"),
    ("6.3", "one error", {"errors": 1}, f"{DB}.6.3"),
    ("6.3", "altered", {"integrity": "altered"}, f"{DB}.6.3"),
    ("6.3", "unproven", {"integrity": "unproven"}, f"{DB}.6.3.unproven"),
    ("6.3", "errors unknown", {"errors": None}, "fact.errors"),
    ("6.5", "for others alone", {"recipients": frozenset({"room"})}, f"{DB}.6.5"),
    ("6.5", "for nobody", {"recipients": frozenset()}, f"{DB}.6.5"),
    ("6.5", "for others too", {"recipients": frozenset({"room", "compilers"})}, ""),
    ("6.5", "recipients unknown", {"recipients": None}, "fact.recipients"),
    ("3", "sender unknown", {"missing": ("sender",)}, "policy.sender-missing"),
]
HOLDING = ("fact.", "policy.", f"{DB}.6.3.unproven")


@pytest.mark.parametrize(
    ("article", "name", "facts", "decided_by"), CASES, ids=[f"{one[0]} {one[1]}" for one in CASES]
)
def test_articles_of_dien_bien(
    article: str, name: str, facts: dict[str, Any], decided_by: str
) -> None:
    decision = decide(case(**facts))
    if not decided_by:
        assert decision.verdict is Verdict.CLEARED
        assert not decision.reasons
        return
    assert decision.verdict is (
        Verdict.HELD if decided_by.startswith(HOLDING) else Verdict.WITHHELD
    )
    assert decided_by in [reason.policy for reason in decision.reasons]
    assert not decision.releases


NATIONAL: list[tuple[str, dict[str, Any], str]] = [
    ("clean", {}, ""),
    ("secret", {"classification": "state_secret"}, "luat-bi-mat-nha-nuoc-117-2025.5.2"),
    ("names", {"regime": "sharing", "findings": (NAME,)}, f"{LAW}.10.1e"),
    ("names that the form asks for", {"findings": (NAME,), "demanded": DEMANDED}, ""),
    ("errors", {"errors": 2}, f"{LAW}.10.1b"),
    ("unproven", {"integrity": "unproven"}, f"{LAW}.10.1b.unproven"),
    ("no such gate as 6.5", {"recipients": frozenset({"room"})}, ""),
]


# None: a national form. "20": a province whose regulation the catalogue does not have.
@pytest.mark.parametrize("province", [None, "20"])
@pytest.mark.parametrize(
    ("name", "facts", "decided_by"), NATIONAL, ids=[one[0] for one in NATIONAL]
)
def test_national_law_stands_in(
    province: str | None, name: str, facts: dict[str, Any], decided_by: str
) -> None:
    decision = decide(case(province=province, **facts))
    assert [reason.policy for reason in decision.reasons] == ([decided_by] if decided_by else [])
    assert not any(one.startswith(DB) for one in decision.checked)
    assert (decision.verdict is Verdict.CLEARED) == (not decided_by)


def test_a_withheld_attempt_names_its_article() -> None:
    decision = decide(case(regime="sharing", findings=(NAME,)))
    assert decision.reasons == (
        Reason(f"{DB}.6.2", "R19", "policy.identifiers", DB, "6", "2", (NAME,)),
    )
    assert [(one.instrument, one.article, one.clause) for one in decision.articles] == [
        (DB, "6", "2")
    ]


def test_a_cleared_attempt_names_what_was_checked() -> None:
    decision = decide(case())
    (release,) = decision.releases
    assert (release.audience.kind, release.state, release.copy) == ("compilers", "granted", "full")
    assert [(one.article, one.clause) for one in release.articles] == [
        ("4", "2"),
        ("6", "1"),
        ("6", "2"),
        ("6", "3"),
        ("6", "5"),
        ("10", "1 điểm e"),
    ]
    assert decision.checked == (
        f"{DB}.4.2",
        f"{DB}.5.2",
        f"{DB}.5.3",
        f"{DB}.6.1",
        f"{DB}.6.2",
        f"{DB}.6.3",
        f"{DB}.6.3.unproven",
        f"{DB}.6.5",
        f"{LAW}.10.1e.unpublished",
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
        ("policy.no-law", "R18"),
        ("policy.no-law", "R19"),
        ("policy.no-law", "R20"),
    ]
    only_secrets = tuple(one for one in REGULATIONS if one.id.startswith("luat-bi-mat"))
    assert decide(case(province=None, instruments=only_secrets)).verdict is Verdict.HELD


@pytest.mark.parametrize("kind", ["user_group", "nonsense"])
@pytest.mark.parametrize("province", ["11", None])
def test_who_is_not_named_is_not_permitted(kind: str, province: str | None) -> None:
    someone = Audience(kind, "x")
    decision = decide(
        case(recipients=frozenset({kind}), published=True, province=province), someone
    )
    assert decision.verdict is Verdict.HELD
    assert decision.reasons[0].message == "policy.not-permitted"


@pytest.mark.parametrize(
    ("kind", "published", "verdict"),
    [
        ("agency", False, Verdict.HELD),
        ("room", False, Verdict.HELD),
        ("provincial_committee", False, Verdict.HELD),
        ("national_office", False, Verdict.HELD),
        ("agency", True, Verdict.CLEARED),
        ("room", True, Verdict.CLEARED),
        ("provincial_committee", True, Verdict.CLEARED),
        ("national_office", True, Verdict.CLEARED),
        ("compilers", False, Verdict.CLEARED),
    ],
)
@pytest.mark.parametrize("province", ["11", None])
def test_an_unpublished_figure_is_for_the_compilers_alone(
    kind: str, published: bool, verdict: Verdict, province: str | None
) -> None:
    decision = decide(case(published=published, province=province), Audience(kind, "x"))
    assert decision.verdict is verdict
    if verdict is Verdict.HELD:
        (reason,) = decision.reasons
        assert (reason.instrument, reason.article, reason.clause) == (LAW, "10", "1 điểm e")


def test_what_an_agreement_keeps_from_others_stays_with_the_compilers() -> None:
    kept = case(recipients=frozenset({"compilers"}), province="11", published=True)
    assert decide(kept).verdict is Verdict.CLEARED
    decision = decide(kept, Audience("agency", "x"))
    assert decision.verdict is Verdict.WITHHELD
    assert [one.requirement for one in decision.reasons] == ["R22"]


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
    assert decide(case(errors=wrong_type)).verdict is Verdict.HELD


@given(ANY_FACTS, st.sampled_from(list(Kind)))
def test_one_more_identifier_never_clears(facts: dict[str, Any], kind: Kind) -> None:
    before = decide(case(**facts))
    after = decide(case(**{**facts, "findings": (*facts["findings"], finding(kind, "Z9"))}))
    if before.verdict is not Verdict.CLEARED:
        assert after.verdict is not Verdict.CLEARED


@given(ANY_FACTS)
def test_a_secret_is_cleared_by_nothing(facts: dict[str, Any]) -> None:
    assert decide(case(**{**facts, "classification": "state_secret"})).verdict is Verdict.WITHHELD


@given(ANY_FACTS, st.sampled_from(["classification", "findings", "errors", "integrity"]))
def test_a_missing_fact_never_clears(facts: dict[str, Any], name: str) -> None:
    assert decide(case(**{**facts, name: None})).verdict is Verdict.HELD


def test_no_kind_of_finding_hides_behind_another() -> None:
    many = tuple(finding("person_name", f"B{row}") for row in range(1, 5000))
    (reason,) = decide(case(regime="sharing", findings=(*many, PHONE))).reasons
    assert len(reason.cells) <= MAX_CELLS
    assert PHONE in reason.cells


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
