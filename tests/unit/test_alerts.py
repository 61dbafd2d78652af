"""Each alert fires when it should, and keeps quiet when it should: judged by promtool, where this machine has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import promql

JOB = 'job="solieu",program="grdp-worker"'
STAGE = f'service="grdp",topic="submission.cleared",partition="0",{JOB}'
DEAD = f'solieu_events_total{{service="grdp",topic="submission.cleared",result="dead",{JOB}}}'
HANDLED = DEAD.replace("dead", "handled")
QUEUE, HELD = f"solieu_queue_events{{{STAGE}}}", f"solieu_partition_held{{{STAGE}}}"
HELD_BY_TWIN = HELD.replace("grdp-worker", "grdp-worker-2")
UP, STARTED = f"up{{{JOB}}}", f"process_start_time_seconds{{{JOB}}}"
LAG = f"solieu_lag_seconds{{{STAGE}}}"
LAG_OF_TWIN = LAG.replace("grdp-worker", "grdp-worker-2")
WAIT = f"solieu_catalogue_wait_seconds{{{STAGE}}}"
CONFLICTS = f'solieu_identity_conflicts_total{{service="grdp",{JOB}}}'
GAPS = f'solieu_offset_gaps_total{{service="grdp",topic="submission.cleared",{JOB}}}'
REWRITTEN = f'solieu_logs_rewritten_total{{service="grdp",topic="submission.cleared",{JOB}}}'
ILL = f"solieu_stage_ill{{{STAGE}}}"
OUTDATED = f'solieu_outdated{{service="grdp",what="events",{JOB}}}'
REFUSED = f'solieu_replays_refused_total{{service="grdp",{JOB}}}'
MENDED = f'solieu_mended_records_total{{service="policy",{JOB}}}'
GAP = f'solieu_gap_records{{service="grdp",comparison="feed",{JOB}}}'
COMPARED = f'solieu_compared_at_seconds{{service="policy",{JOB}}}'
CLOCK = f'solieu_clock_ahead_seconds{{service="policy",{JOB}}}'
OUTBOX = f'solieu_outbox_oldest_seconds{{service="policy",{JOB}}}'
RETRIES = f'solieu_retries_total{{service="grdp",{JOB}}}'
VAULT = f'solieu_vault_reachable{{service="grdp",{JOB}}}'
SWEPT = f'solieu_swept_total{{service="policy",{JOB}}}'
WAITING = f'solieu_notices_waiting{{service="notification",channel="email",{JOB}}}'
VACANT = f'solieu_vacancies{{service="catalogue",post="head",{JOB}}}'
UNAUTHENTICATED = f'solieu_unauthenticated_total{{service="intake",code="unknown-key",{JOB}}}'
FOUNDING = f'solieu_foundings_waiting{{service="catalogue",{JOB}}}'


def notices(state: str) -> str:
    """The series of notices that came to this."""
    labels = f'service="notification",channel="email",state="{state}"'
    return f"solieu_notices_total{{{labels},{JOB}}}"


@dataclass(frozen=True)
class Case:
    """What Prometheus saw, one value a minute (`_` none, `1x5` five more, `0+2x5` rising), and what it says then."""

    alert: str
    why: str
    series: Mapping[str, str]
    fires: bool
    minutes: int = 10


CASES = (
    Case("ProcessDown", "it stays away", {UP: "1 0x10"}, True),
    Case("ProcessDown", "one scrape failed", {UP: "1x8 0 1"}, False),
    Case("CrashLoop", "it starts again and again", {STARTED: "0+60x4 240x6"}, True),
    Case("CrashLoop", "it comes and goes", {UP: "1 0 1 0 1 0 1x5"}, True),
    Case("CrashLoop", "it was restarted twice", {STARTED: "0 60 60 300x9", UP: "1 0 1 0 1x9"}, False),
    Case("StageBehind", "nothing moves", {QUEUE: "9x12", HELD: "1x12", HANDLED: "5x12"}, True),
    Case("StageBehind", "it works", {QUEUE: "9x12", HELD: "1x12", HANDLED: "5+9x12"}, False),
    Case("StageBehind", "nothing waits", {QUEUE: "0x12", HELD: "1x12", HANDLED: "5x12"}, False),
    Case("StageBehind", "it holds nothing", {QUEUE: "9x12", HELD: "0x12", HANDLED: "5x12"}, False),
    Case("Lag", "nothing moves", {LAG: "0+60x10"}, True),
    Case("Lag", "it moves now and then", {LAG: "0 60 120 180 240 0 60 120 180 240 0"}, False),
    Case("Lag", "a twin saw it move", {LAG: "0+60x10", LAG_OF_TWIN: "0x10"}, False),
    Case("PartitionNotHeld", "events wait", {HELD: "0x12", QUEUE: "1x12"}, True),
    Case("PartitionNotHeld", "a twin holds it", {HELD: "0x12", HELD_BY_TWIN: "1x12", QUEUE: "1x12"}, False),
    Case("PartitionNotHeld", "nothing waits", {HELD: "0x12", QUEUE: "0x12"}, False),
    Case("CatalogueWait", "over a minute", {WAIT: "0x8 61 61"}, True),
    Case("CatalogueWait", "a minute", {WAIT: "0x8 60 60"}, False),
    Case("IdentityConflict", "one", {CONFLICTS: "0 1x9"}, True),
    Case("IdentityConflict", "its process is gone", {CONFLICTS: "0 1 stale"}, True, 600),
    Case("IdentityConflict", "none", {CONFLICTS: "0x10"}, False),
    Case("OffsetGap", "one", {GAPS: "_x3 1x9"}, True),
    Case("OffsetGap", "none", {GAPS: "0x10"}, False),
    Case("LogRewritten", "one", {REWRITTEN: "_x3 1x9"}, True),
    Case("LogRewritten", "none", {REWRITTEN: "0x10"}, False),
    Case("ClocksDiffer", "an hour behind", {CLOCK: "0x5 -3600x5"}, True),
    Case("ClocksDiffer", "a machine was slow to look", {CLOCK: "-2x5 -70 -1x5"}, False),
    Case("StageIll", "for minutes", {ILL: "0x3 1x9"}, True),
    Case("Mended", "once in the night", {MENDED: "0 3x9"}, True),
    Case("Mended", "its process is gone", {MENDED: "2 stale"}, True, 600),
    Case("Mended", "nothing was lost", {MENDED: "0x10"}, False),
    Case("Gap", "the store was set back", {GAP: "0x8 1x2"}, True),
    Case("Gap", "it was mended", {GAP: "2x5 0x5"}, False),
    Case("NotCompared", "since yesterday's yesterday", {COMPARED: "-173000x10"}, True),
    Case("NotCompared", "last night", {COMPARED: "-80000x10"}, False),
    Case("StageIll", "one event was tried a few times", {ILL: "0x8 1 0 0"}, False),
    Case("Outdated", "an event of a newer release waits", {OUTDATED: "0 1x9"}, True),
    Case("Outdated", "during an upgrade", {OUTDATED: "0x3 1x3 0x4"}, False),
    Case("ReplayRefused", "one", {REFUSED: "_x3 1x9"}, True),
    Case("ReplayRefused", "its process is gone", {REFUSED: "1 stale"}, True, 600),
    Case("ReplayRefused", "none", {REFUSED: "0x10"}, False),
    Case("DeadLetters", "one more", {DEAD: "3x8 4x3"}, True),
    Case("DeadLetters", "the first, with its series", {DEAD: "_x8 1x3"}, True),
    Case("DeadLetters", "all are old", {DEAD: "4x60"}, False, 60),
    Case("DeadLetters", "all is handled", {HANDLED: "0+7x12", DEAD: "0x12"}, False),
    Case("OutboxStays", "a row stays", {OUTBOX: "0x7 30 90 150"}, True),
    Case("OutboxStays", "the broker was restarted", {OUTBOX: "0x5 30 90 0x4"}, False),
    Case("Retries", "something is away", {RETRIES: "0+5x12"}, True),
    Case("Retries", "now and then one", {RETRIES: "0+1x12"}, False),
    Case("Retries", "its tables are newer", {RETRIES: "0+5x12", OUTDATED: "1x12"}, False),
    Case("VaultAway", "its folder is not mounted", {VAULT: "1x5 0x5"}, True),
    Case("VaultAway", "one look hung", {VAULT: "1x8 0 1"}, False),
    Case("VaultAway", "its tables are newer", {VAULT: "1x5 0x5", OUTDATED: "1x12"}, False),
    Case("NoticesUndelivered", "failed", {notices("failed"): "0 1x9"}, True),
    Case("NoticesUndelivered", "uncertain, the first", {notices("uncertain"): "_x6 1x5"}, True),
    Case("NoticesUndelivered", "all were sent", {notices("sent"): "0+3x12"}, False),
    Case("NoticesWait", "for an hour", {WAITING: "2x80"}, True, 70),
    Case("NoticesWait", "a while, twice", {WAITING: "2x30 0 2x50"}, False, 70),
    Case("Vacancy", "for an hour", {VACANT: "0x5 1x80"}, True, 80),
    Case("Vacancy", "filled the same day", {VACANT: "0x5 1x40 0x40"}, False, 80),
    Case("FoundingWaits", "one", {FOUNDING: "0 1x9"}, True),
    Case("FoundingWaits", "none", {FOUNDING: "0x10"}, False),
    Case("Unauthenticated", "a program that tries each second", {UNAUTHENTICATED: "0+60x15"}, True, 15),
    Case("Unauthenticated", "a clerk who tries again", {UNAUTHENTICATED: "0+2x15"}, False, 15),
    Case("HoldLeftBehind", "one more", {SWEPT: "1x5 2x6"}, True),
    Case("HoldLeftBehind", "the first, with its series", {SWEPT: "_x5 1x6"}, True),
    Case("HoldLeftBehind", "none", {SWEPT: "0x12"}, False),
)  # fmt: skip


@pytest.mark.skipif(promql.promtool() is None, reason="no promtool here")
@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.alert}: {one.why}")
def test_an_alert_fires_or_keeps_quiet(case: Case, tmp_path: Path) -> None:
    firing = f'max by () (ALERTS{{alertname="{case.alert}",alertstate="firing"}}) or vector(0)'
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "promql_expr_test": [promql.expect(firing, case.minutes, float(case.fires))],
    }
    assert promql.evaluated(tmp_path, [test]) == ""


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    alerts = {rule["alert"] for rule in promql.rules()}
    assert {case.alert for case in CASES if case.fires} == alerts
    assert {case.alert for case in CASES if not case.fires} == alerts
