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
MISSING = f'solieu_duties{{service="catalogue",timeliness="missing",{JOB}}}'
VACANT = f'solieu_vacancies{{service="catalogue",post="head",{JOB}}}'
UNAUTHENTICATED = f'solieu_unauthenticated_total{{service="intake",code="unknown-key",{JOB}}}'
FOUNDING = f'solieu_foundings_waiting{{service="catalogue",{JOB}}}'
LAG_EVENTS = f"solieu_lag_events{{{STAGE}}}"
LAG_EVENTS_OF_TWIN = LAG_EVENTS.replace("grdp-worker", "grdp-worker-2")
READER = 'service="grdp",group="compiler",topic="grdp.observation",partition="0"'
READER_LAG = f"solieu_reader_lag_events{{{READER},{JOB}}}"
DISK = f'{{service="grdp",disk="kafka",{JOB}}}'
FREE, SIZE = f"solieu_disk_free_bytes{DISK}", f"solieu_disk_bytes{DISK}"
DATABASE = f'solieu_database_bytes{{service="grdp",{JOB}}}'
ENDS = f'solieu_ends_at_seconds{{service="catalogue",what="sender_key",{JOB}}}'


def requests(status: str, route: str = "/v1/observations") -> str:
    """The series of a route's answers of this class."""
    labels = f'service="grdp",method="GET",route="{route}",status="{status}"'
    return f"solieu_requests_total{{{labels},{JOB}}}"


def buckets(metric: str, labels: str, *values: str) -> dict[str, str]:
    """The series of a histogram: how many took up to 0.1 seconds, up to 15, and up to 60, which are all."""
    ends = ("0.1", "15", "60", "+Inf")
    return {
        f'{metric}_bucket{{{labels},le="{end}"}}': value
        for end, value in zip(ends, (*values, values[-1]), strict=True)
    }


def answers(quick: str, all_: str, route: str = "/v1/observations") -> dict[str, str]:
    """How many answers were quick, of all; the others took up to 15 seconds."""
    labels = f'service="grdp",method="GET",route="{route}",{JOB}'
    return buckets("solieu_request_seconds", labels, quick, all_, all_)


def events(ten_seconds: str, all_: str) -> dict[str, str]:
    """How many events took some ten seconds, of all; the others took up to a minute."""
    return buckets("solieu_stage_seconds", STAGE, "0x60", ten_seconds, all_)


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
    step: int = 1
    """Minutes from one value to the next, and from one look to the next."""


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
    Case("DutyMissing", "for two days", {MISSING: "0x5 1x3000"}, True, 2900),
    Case("DutyMissing", "came the same day", {MISSING: "0x5 1x600 0x900"}, False, 1500),
    Case("Vacancy", "for an hour", {VACANT: "0x5 1x80"}, True, 80),
    Case("Vacancy", "filled the same day", {VACANT: "0x5 1x40 0x40"}, False, 80),
    Case("FoundingWaits", "one", {FOUNDING: "0 1x9"}, True),
    Case("FoundingWaits", "none", {FOUNDING: "0x10"}, False),
    Case("Unauthenticated", "a program that tries each second", {UNAUTHENTICATED: "0+60x15"}, True, 15),
    Case("Unauthenticated", "a clerk who tries again", {UNAUTHENTICATED: "0+2x15"}, False, 15),
    Case("ServerErrors", "one of ten fails", {requests("5xx"): "0+1x30", requests("2xx"): "0+9x30"}, True, 20),
    Case("ServerErrors", "all of few fail", {requests("5xx"): "0 1 1 1 2 2 3 3 3 4x3 5x3 6x20"}, True, 16),
    Case("ServerErrors", "one of a hundred", {requests("5xx"): "0+1x30", requests("2xx"): "0+99x30"}, False, 20),
    Case("ServerErrors", "one, and nobody asks else", {requests("5xx"): "0x5 1x30"}, False, 15),
    Case("ServerErrors", "it is not ready", {requests("5xx", "/healthz"): "0+4x30", requests("2xx"): "0+1x30"},
         False, 20),
    Case("ServerErrors", "nobody asks", {requests("5xx"): "0x30", requests("2xx"): "0x30"}, False, 20),
    Case("SlowAnswers", "one of ten", answers("0+9x30", "0+10x30"), True, 20),
    Case("SlowAnswers", "one, once", answers("0x30", "0x5 1x25"), False, 15),
    Case("SlowAnswers", "one of a thousand", answers("0+999x30", "0+1000x30"), False, 20),
    Case("SlowAnswers", "an operator compares", answers("0x30", "0+1x30", "/v1/comparisons"), False, 20),
    Case("StageSlow", "all of them", events("0x60", "0+2x60"), True, 40),
    Case("StageSlow", "all take ten seconds", events("0+2x60", "0+2x60"), False, 40),
    Case("StageSlow", "one huge workbook", events("0x60", "0x5 1x55"), False, 20),
    Case("LagGrows", "for hours", {LAG_EVENTS: "0+9x240"}, True, 240),
    Case("LagGrows", "for an hour, and then less", {LAG_EVENTS: "0x60 0+9x90 810-20x40 0x60"}, False, 240),
    Case("LagGrows", "a twin has read it", {LAG_EVENTS: "0+9x240", LAG_EVENTS_OF_TWIN: "0x240"}, False, 240),
    Case("ReaderBehind", "for a day", {READER_LAG: "7x300"}, True, 1500, 5),
    Case("ReaderBehind", "it came this morning", {READER_LAG: "_x200 7x100"}, False, 1500, 5),
    Case("ReaderBehind", "it reads once a day", {READER_LAG: "0+1x140 0+1x160"}, False, 1500, 5),
    Case("ReaderBehind", "it is gone", {READER_LAG: "7x295 stale"}, False, 1500, 5),
    Case("DiskFull", "a twentieth is free", {FREE: "5x10", SIZE: "100x10"}, True),
    Case("DiskFull", "a fifth is free", {FREE: "20x10", SIZE: "100x10"}, False),
    Case("DiskFills", "in three days", {FREE: "7000000-5000x320"}, True, 1550, 5),
    Case("DiskFills", "in a year", {FREE: "7000000-50x320"}, False, 1550, 5),
    Case("DiskFills", "it was only just looked at", {FREE: "7000000-70000x90"}, False, 90),
    Case("DatabaseGrows", "by a fifth each day", {DATABASE: "11000000000+8000000x320"}, True, 1550, 5),
    Case("DatabaseGrows", "a little", {DATABASE: "11000000000+5000x320"}, False, 1550, 5),
    Case("DatabaseGrows", "it is small", {DATABASE: "100000+500000x320"}, False, 1550, 5),
    Case("KeyEnds", "in three weeks", {ENDS: "1814400x10"}, True),
    Case("KeyEnds", "it has ended", {ENDS: "60x10"}, True),
    Case("KeyEnds", "in two months", {ENDS: "5184000x10"}, False),
    Case("KeyEnds", "nothing ends", {ENDS: "Inf Inf Inf Inf Inf Inf Inf Inf Inf Inf Inf"}, False),
    Case("HoldLeftBehind", "one more", {SWEPT: "1x5 2x6"}, True),
    Case("HoldLeftBehind", "the first, with its series", {SWEPT: "_x5 1x6"}, True),
    Case("HoldLeftBehind", "none", {SWEPT: "0x12"}, False),
)  # fmt: skip


@pytest.mark.skipif(promql.promtool() is None, reason="no promtool here")
@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.alert}: {one.why}")
def test_an_alert_fires_or_keeps_quiet(case: Case, tmp_path: Path) -> None:
    firing = f'max by () (ALERTS{{alertname="{case.alert}",alertstate="firing"}}) or vector(0)'
    step = f"{case.step}m"
    test = {
        "interval": step,
        "input_series": [
            {"series": name, "values": values} for name, values in case.series.items()
        ],
        "promql_expr_test": [promql.expect(firing, case.minutes, float(case.fires))],
    }
    assert promql.evaluated(tmp_path, [test], step) == ""


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    alerts = {rule["alert"] for rule in promql.rules()}
    assert {case.alert for case in CASES if case.fires} == alerts
    assert {case.alert for case in CASES if not case.fires} == alerts
