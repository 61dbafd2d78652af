"""Parts and figures: what stays told, what the worker lives through, who reads."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.kernel.avro import to_avro
from services.validation import worker
from tests.integration.test_validation_api import (
    AGENCY,
    HEAD,
    KEY,
    LEADER,
    MINISTRY,
    OPERATOR,
    OTHER_ROOM,
    OTHERS,
    PARTS,
    SMALL,
    Validation,
    decide,
    event,
    person,
    signed,
    validation,
)
from tests.unit.test_validation_check import rows
from tests.unit.workbooks import xlsx

__all__ = ["KEY", "validation"]
pytestmark = pytest.mark.stack


def enter(validation: Validation, form: Any) -> None:
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(
            "insert into replica (kind, id, version, catalogue_version, body)"
            " values ('form', %s, %s, 900, %s) on conflict do nothing",
            (form.id, form.version, json.dumps(form.to_dict())),
        )


def stored(
    validation: Validation,
    ids: dict[str, str],
    section: str,
    attempt: int,
    value: float,
    **head: Any,
) -> list[dict[str, Any]]:
    sheet = rows()
    own = {"A": sheet[4:7], "B": sheet[7:]}[section]
    for row in sheet[4:]:
        if row not in own:
            row[2:] = [None, None]
    if section == "B":
        sheet[7][2:] = [value, value]
    about = SMALL | {"form": PARTS.id, "sections": section} | head
    by = {"sender": {"A": MINISTRY, "B": "so-noi-vu-dien-bien"}[section]}
    data = validation.comes(ids[section], attempt, xlsx(sheet), **about, **by)
    assert "findings" not in data, data["findings"]
    told = {name: data[name] for name in (*HEAD, "submission_id", "attempt", "observations")}
    outcome = validation.happens(event("submission.stored", told), worker.STORED)
    return [to_avro(one) for one in outcome.events]


def failing(validation: Validation, area: str) -> list[Any]:
    compiler = person("p-bien-soan", roles=("compiler",), rooms=())
    answer = validation.client.get("/v1/section-comparisons", headers=compiler)
    return [one for one in answer.json()["comparisons"] if one["area"] == area]


def test_what_a_form_asks_no_more_is_told_no_more(validation: Validation) -> None:
    """The rule fell away with version 2, and all parts were corrected by it: /xac-minh shows old values for ever."""
    ids = {"A": str(uuid4()), "B": str(uuid4())}
    stored(validation, ids, "A", 1, 0, area="36")
    (first,) = stored(validation, ids, "B", 1, 21, area="36")
    assert first["failing"]
    for section, sender in (("A", MINISTRY), ("B", "so-noi-vu-dien-bien")):
        own = person("p-so", organisation=sender, roles=("agency",), rooms=())
        where = f"/v1/submissions/{ids[section]}/findings"
        found = validation.client.get(where, headers=own).json()["corrections"]
        assert [(one["reason"], one["cells"]) for one in found] == [("sections", [])]
    enter(
        validation,
        replace(PARTS, version=2, rules=tuple(one for one in PARTS.rules if one.id != "total")),
    )
    told = stored(validation, ids, "A", 2, 0, area="36", form_version=2)
    told += stored(validation, ids, "B", 2, 20, area="36", form_version=2)
    assert failing(validation, "36") == []
    assert told and told[-1]["failing"] == []


def test_no_value_of_a_part_that_was_taken_back_stays_in_sight(validation: Validation) -> None:
    """Both are taken back, after version 2 without the rule: what A's total was stands on /xac-minh, and in the row."""
    ids = {"A": str(uuid4()), "B": str(uuid4())}
    stored(validation, ids, "A", 1, 0, area="40")
    stored(validation, ids, "B", 1, 21, area="40")
    enter(
        validation,
        replace(PARTS, version=2, rules=tuple(one for one in PARTS.rules if one.id != "total")),
    )
    for section, sender in (("A", MINISTRY), ("B", "so-noi-vu-dien-bien")):
        stored(validation, ids, section, 2, 20, area="40", form_version=2)
        gone = HEAD | SMALL | {
            "form": PARTS.id, "form_version": 2, "area": "40", "submission_id": ids[section], "attempt": 2,
            "sender": sender,
        }  # fmt: skip
        validation.happens(event("submission.withdrawn", gone), worker.STORED)
    assert failing(validation, "40") == []


def test_a_total_that_demands_its_parts_keeps_the_figures_of_one_that_came_alone(
    validation: Validation,
) -> None:
    """The room lets the part pass whose total nobody can decide yet. Stored, it ends the worker: KeyError, 'found'."""
    from services.model.rule import IfMissing

    form = replace(
        PARTS,
        version=3,
        rules=tuple(
            replace(one, missing=IfMissing.FAIL, level=1) if one.id == "total" else one
            for one in PARTS.rules
        ),
    )
    enter(validation, form)
    submission, sheet = str(uuid4()), rows()
    for row in sheet[7:]:
        row[2:] = [None, None]
    about = SMALL | {"form": PARTS.id, "sections": "A", "area": "37", "form_version": 3}
    content = xlsx(sheet)
    validation.comes(submission, 1, content, **about)
    where = f"/v1/submissions/{submission}/findings"
    found = validation.client.get(where, headers=AGENCY).json()["findings"]
    for one in found:
        if one["severity"] == "error":
            assert decide(validation, submission, LEADER, finding=one["id"]).status_code == 202
    data = validation.comes(submission, 2, content, **about)
    assert "observations" in data, data
    told = {name: data[name] for name in (*HEAD, "submission_id", "attempt", "observations")}
    validation.happens(event("submission.stored", told), worker.STORED)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_who_reads_the_figures(validation: Validation, withdrawn: bool) -> None:
    submission = str(uuid4())
    validation.comes(submission)
    where = f"/v1/submissions/{submission}/figures"
    if withdrawn:
        gone = HEAD | {"submission_id": submission, "attempt": 1}
        validation.happens(event("submission.withdrawn", gone), worker.STORED)
    auditor = person("p-tt", roles=("auditor",), rooms=())
    compiler = person("p-bs", roles=("compiler",), rooms=())
    for headers, status in (
        (person(), 403 if withdrawn else 200),
        (LEADER, 403 if withdrawn else 200),
        (AGENCY, 200),
        (signed("GET", where), 200),
        (OTHER_ROOM, 404),
        (person("p-khac", organisation="thong-ke-lang-son", roles=("leader",), rooms=()), 404),
        (OTHERS, 404),
        (auditor, 403),
        (compiler, 403),
        (OPERATOR, 403),
        ({}, 401),
    ):
        assert validation.client.get(where, headers=headers).status_code == status, headers
    found = validation.client.get(where, headers=AGENCY).json()
    assert found["tables"]


def test_one_sender_does_not_fill_the_memory_with_workbooks_that_wait(
    validation: Validation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request holds its whole workbook (25 MB may be) and 48 MB of history while it waits for a process, and 600
    reads are granted at once; and all are one asker's, `who` is not named. Before, rooms alone could use this pool.
    """
    submission = str(uuid4())
    validation.comes(submission)
    held: list[tuple[int, str]] = []
    go = threading.Event()

    class Busy:
        async def run(self, function: Any, *arguments: Any, size: int = 0, who: str = "") -> Any:
            held.append((len(arguments[2]), who))
            await asyncio.to_thread(go.wait)
            return ()

    app: Any = validation.client.app
    pool = app.state.pool
    app.state.pool = Busy()
    try:
        with ThreadPoolExecutor(60) as threads:
            where = f"/v1/submissions/{submission}/figures"
            done = [threads.submit(validation.client.get, where, headers=AGENCY) for _ in range(60)]
            time.sleep(1)
            count, named = len(held), {who for _, who in held}
            go.set()
            codes = {one.result().status_code for one in done}
    finally:
        app.state.pool = pool
    assert codes <= {200, 429, 503}
    assert count <= 16, f"{count} workbooks are in memory, and wait"
    assert "" not in named, "nobody's: so all share one turn"


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\u202e123",
    "A" * 32000,
    "1e999",
    "9" * 400,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_cells_are_shown_or_not_but_answered(validation: Validation, text: str) -> None:
    submission = str(uuid4())
    sheet = rows()
    sheet[5][2], sheet[0][0] = text, text
    head = SMALL | {"form": PARTS.id, "area": "38", "sections": "A"}
    validation.comes(submission, 1, xlsx(sheet), **head)
    answer = validation.client.get(f"/v1/submissions/{submission}/figures", headers=AGENCY)
    assert answer.status_code == 200, answer.text
    assert all(
        len(one["text"]) <= 200
        for table in answer.json()["tables"]
        for line in table["lines"]
        for one in line["figures"]
        if one
    )
