"""Who reads as which audience, what policy's releases become, and what the event of a read says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from services.events import policy as events
from services.grdp.audience import Audience, Read, Source
from services.grdp.facts import Decided, Facts
from services.grdp.handler import handle
from services.grdp.releases import release_rows
from services.grdp.store import Release
from services.kernel.auth import Access, Principal, Scope
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event
from tests.unit.grdp_examples import SUBMISSION, cleared, parquet

NOW = datetime(2026, 12, 24, 4, tzinfo=UTC)
AGENCY = "so-noi-vu-dien-bien"
ARTICLE = {"instrument": "luat-thong-ke-89-2015", "article": "10", "clause": "1"}
OTHER = {"instrument": "dien-bien-1618-2021", "article": "4", "clause": None}


def audience(
    *scopes: Scope, rooms: tuple[str, ...] = (), organisation: str = "thong-ke-dien-bien"
) -> Audience:
    principal = Principal("p-1", organisation, frozenset(), frozenset(rooms))
    return Audience.of(Access(principal, frozenset(scopes)))


def of(one: Audience) -> tuple[str, str]:
    return one.kind, one.id


def test_the_compilers_are_one_audience_whoever_they_are() -> None:
    for one in (audience(Scope.ALL), audience(Scope.ALL, Scope.ROOM, Scope.OWN, rooms=("a",))):
        assert one.names == (("compilers", "grdp"),)
        assert of(one) == ("compilers", "grdp")
        assert one.is_compilers and one.home == "thong-ke-dien-bien"


def test_an_officer_reads_for_its_rooms_and_not_for_the_office() -> None:
    one = audience(Scope.ROOM, rooms=("b", "a"))
    assert one.names == (("room", "a"), ("room", "b"))
    assert of(one) == ("room", "a b")
    assert audience(Scope.ROOM).names == ()


def test_an_agency_reads_what_is_granted_to_its_organisation() -> None:
    one = audience(Scope.OWN, rooms=("not-mine",), organisation=AGENCY)
    assert ("agency", AGENCY) in one.names and ("provincial_committee", AGENCY) in one.names
    assert {id_ for _, id_ in one.names} == {AGENCY}
    assert not {"room", "compilers", "user_group"} & {kind for kind, _ in one.names}
    assert of(one) == ("agency", AGENCY)
    assert audience(Scope.OWN, organisation="").names == ()


def test_the_event_of_a_read_says_who_and_where_from_and_no_figure() -> None:
    sources = (
        Source(SUBMISSION, 1, 2, (ARTICLE, OTHER)),
        Source(SUBMISSION, 2, 1, (ARTICLE,)),
    )
    read = Read(UUID(int=7), NOW, NOW, {"period": "2025"}, sources)
    draft = read.event(audience(Scope.OWN, organisation=AGENCY))
    data = codec().decode("figure.read-value", codec().encode("figure.read-value", to_avro(draft)))
    assert (draft.TOPIC, draft.key) == ("figure.read", str(UUID(int=7)))
    assert data == {
        "read_id": str(UUID(int=7)),
        "person": "p-1",
        "organisation": AGENCY,
        "audience_kind": "agency",
        "audience_id": AGENCY,
        "as_of": NOW,
        "filters": {"period": "2025"},
        "figures": 3,
        "submissions": [
            {"submission_id": SUBMISSION, "attempt": 1, "figures": 2},
            {"submission_id": SUBMISSION, "attempt": 2, "figures": 1},
        ],
        "articles": [OTHER, ARTICLE],
        "read_at": NOW,
    }


def test_a_program_reads_for_no_organisation() -> None:
    principal = Principal("token:compiler", "", frozenset({"compiler"}))
    one = Audience.of(Access(principal, frozenset({Scope.ALL})))
    data = to_avro(Read(UUID(int=7), NOW, NOW, {}, ()).event(one))
    assert (data["person"], data["organisation"], data["figures"]) == ("token:compiler", None, 0)
    codec().encode("figure.read-value", data)


def released(*releases: dict[str, Any], **more: Any) -> Event:
    event = cleared({"1": "1"}, **more)
    added = tuple(from_avro(events.Release, one) for one in releases)
    return replace(event, data=replace(event.data, releases=(*event.data.releases, *added)))


def grant(id_: str = AGENCY, **more: Any) -> dict[str, Any]:
    return {
        "audience_kind": "agency", "audience_id": id_, "state": "pending", "copy": "full",
        "object": None, "only": None, "flags": None, "not_before": None, "articles": [ARTICLE], **more,
    }  # fmt: skip


def test_each_release_is_a_row_of_its_decision() -> None:
    compilers, agency = release_rows(released(grant(), decision=4, attempt=2).data)
    assert compilers.table is Release and compilers.values["audience_kind"] == "compilers"
    assert agency.values == {
        "submission_id": SUBMISSION,
        "attempt": 2,
        "decision": 4,
        "number": 1,
        "audience_kind": "agency",
        "audience_id": AGENCY,
        "copy_kind": "full",
        "state": "pending",
        "only_figures": None,
        "only_flags": None,
        "not_before": None,
        "articles": [ARTICLE],
    }


def test_an_audience_may_have_several_releases_each_of_some_figures() -> None:
    figure = {
        "indicator_list": "dp", "indicator": "T0111", "area_list": "34", "area": "11",
        "period": "2025",
    }  # fmt: skip
    rows = release_rows(
        released(grant(only=[figure], state="granted"), grant(copy="protected")).data
    )
    assert [row.values["number"] for row in rows] == [0, 1, 2]
    assert [row.values["only_figures"] for row in rows] == [None, [figure], None]


def test_a_release_of_some_flags_names_their_time_as_the_store_writes_it() -> None:
    hanoi = datetime(2026, 12, 29, 9, tzinfo=timezone(timedelta(hours=7)))
    flags = [{"conf_status": "C", "conf_redist": "bo-tai-chinh", "embargo_time": hanoi}]
    _, row = release_rows(released(grant(flags=flags)).data)
    assert row.values["only_flags"] == [
        {**flags[0], "embargo_time": "2026-12-29T02:00:00.000000Z"},
    ]


@pytest.mark.parametrize("part", ["only", "flags"])
def test_the_compilers_get_an_attempt_or_nothing(part: str) -> None:
    event = cleared({"1": "1"})
    (release,) = event.data.releases
    given = replace(event.data, releases=(replace(release, **{part: ()}),))
    with pytest.raises(Permanent, match="a part alone"):
        release_rows(given)


@pytest.mark.parametrize(("decision", "rows"), [(2, 0), (3, 0), (4, 2)])
def test_only_a_higher_decision_changes_who_may_read(decision: int, rows: int) -> None:
    event = released(grant(), decision=decision)
    stored = event.data.observations.sha256
    facts = Facts(1, 1, NOW, Decided(3, stored, NOW), {}, b"s" * 32)
    outcome = handle(event, facts, {"observations": parquet({"1": "1"})})
    assert sum(row.table is Release for row in outcome.rows) == rows
    assert outcome.events == (), "the same figures are no new vintage"


def test_releases_are_kept_for_what_the_compilers_may_not_read_too() -> None:
    facts = Facts(0, 0, None, Decided(), {}, b"s" * 32)
    outcome = handle(released(grant(), state="denied"), facts, {})
    states = [row.values["state"] for row in outcome.rows if row.table is Release]
    assert states == ["denied", "pending"]
