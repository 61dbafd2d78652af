"""The handler: an event and facts in, drafts and objects out."""

import hashlib
import hmac
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import openpyxl
import pytest
from sqlmodel import Session

from services.kernel.avro import to_avro
from services.kernel.errors import Permanent
from services.kernel.events import Event, NewObject, Outcome
from services.kernel.limits import OutOfTime
from services.model.codelist import load_codelists
from services.model.form import shipped_forms
from services.model.observation import from_parquet
from services.model.statement import Nil, NilKind, sign
from services.validation import loading
from services.validation.checking import examination
from services.validation.checking.facts import Facts, codelists_of
from services.validation.handler import give_up, handle
from tests.said import said
from tests.unit.test_audit_verifier import sender_key, statement
from tests.unit.test_validation_check import FORM, rows
from tests.unit.workbooks import xlsx

HEAD: dict[str, Any] = {
    "submission_id": "5b6ff52e-6c0c-5d1d-9f2c-3a5d3a0f5a11",
    "attempt": 2,
    "sender": "so-tai-chinh-dien-bien",
    "form": "small",
    "form_version": 1,
    "area_list": "63",
    "area": "11",
    "period": "2026-Q3",
    "completeness": "preliminary",
    "round": 1,
    "regime": "coordination",
    "classification": "public",
    "province": "11",
    "catalogue_version": 7,
}
ORIGINAL = {"name": "n", "sha256": "0" * 64, "size": 1, "media_type": "x/y"}
FACTS = Facts(FORM.to_dict())


def received(**changes: Any) -> Event:
    return Event(
        id=UUID(int=1),
        topic="submission.received",
        key=HEAD["submission_id"],
        data=said(
            "submission.received", HEAD | {"statement": "secret", "original": ORIGINAL} | changes
        ),
        time=datetime(2026, 11, 23, tzinfo=UTC),
        subject=HEAD["submission_id"],
        source="intake",
    )


def handled(sheet: list[list[Any]]) -> Outcome:
    return handle(received(), FACTS, {"original": xlsx(sheet)})


def test_a_valid_workbook_is_validated_with_its_objects() -> None:
    outcome = handled(rows())
    (draft,) = outcome.events
    assert draft.TOPIC == "submission.validated"
    assert draft.key == draft.subject == HEAD["submission_id"]
    assert {name: to_avro(draft)[name] for name in HEAD} == HEAD
    assert "statement" not in to_avro(draft)
    assert (to_avro(draft)["figures"], to_avro(draft)["rounded"], to_avro(draft)["warnings"]) == (
        10,
        0,
        0,
    )
    assert to_avro(draft)["rules"] == 4
    assert to_avro(draft)["rule_set"] == FORM.rule_set
    objects = {one.kind: one for one in outcome.objects}
    assert set(objects) == {"report", "cells", "observations"}
    for kind, one in objects.items():
        assert to_avro(draft)[kind] == vars(one.reference())
        assert one.reference().sha256 == hashlib.sha256(one.content).hexdigest()
    assert from_parquet(objects["observations"].content).height == 10
    assert json.loads(objects["report"].content)["verdict"] == "valid"


def test_a_failed_rule_returns_it_without_any_value() -> None:
    sheet = rows()
    sheet[7][2] = 987654.25
    outcome = handled(sheet)
    (draft,) = outcome.events
    assert draft.TOPIC == "submission.returned"
    assert (to_avro(draft)["errors"], to_avro(draft)["warnings"]) == (1, 0)
    assert to_avro(draft)["findings"] == [
        {
            "code": "total",
            "rule": "total",
            "level": 1,
            "severity": "error",
            "sheet": "#1",
            "cells": ["C5", "C6", "C8", "C9"],
        }
    ]
    assert "observations" not in to_avro(draft)
    assert "987654" not in repr(draft)
    report = json.loads({one.kind: one for one in outcome.objects}["report"].content)
    assert report["findings"][0]["difference"] == "-987634.25"
    assert set(report["findings"][0]["mend"]) == {"vi", "en"}


def test_at_most_twenty_findings_travel_and_errors_come_first() -> None:
    sheet = rows()
    sheet[1] = []
    sheet += [[f"Khoản {number}", 100 + number, 1, 1] for number in range(30)]
    (draft,) = handled(sheet).events
    assert to_avro(draft)["errors"] == 30
    assert to_avro(draft)["warnings"] == 1
    assert [one["severity"] for one in to_avro(draft)["findings"]] == ["error"] * 20


def test_what_is_no_workbook_is_returned_without_cells() -> None:
    (draft,) = handle(received(), FACTS, {"original": b"\x00"}).events
    assert draft.TOPIC == "submission.returned"
    assert to_avro(draft)["cells"] is None
    assert to_avro(draft)["findings"][0]["code"] == "workbook_unreadable"


def test_the_same_event_gives_the_same_outcome() -> None:
    content = xlsx(rows())
    first = handle(received(), SALTED, {"original": content})
    assert handle(received(), SALTED, {"original": content}) == first


SALTED = replace(FACTS, salt=b"s" * 32)


def objects_of(facts: Facts, content: bytes) -> dict[str, NewObject]:
    outcome = handle(received(), facts, {"original": content})
    return {one.kind: one for one in outcome.objects}


def wrong() -> bytes:
    sheet = rows()
    sheet[7][2] = 987654.25
    return xlsx(sheet)


@pytest.mark.parametrize("content", [xlsx(rows()), wrong()], ids=["valid", "returned"])
def test_the_hash_of_an_object_can_not_be_tried_out(content: bytes) -> None:
    """Whoever guesses all figures makes the same objects, and other hashes; each kind has a random part of its own."""
    known, guessed = objects_of(SALTED, content), objects_of(FACTS, content)
    other = objects_of(replace(FACTS, salt=b"t" * 32), content)
    assert known.keys() == guessed.keys() == other.keys()
    for kind, one in known.items():
        hashes = {found[kind].reference().sha256 for found in (known, guessed, other)}
        assert len(hashes) == 3, kind
        assert SALTED.salt not in one.content
        assert SALTED.salt.hex().encode() not in one.content
    parts = {kind: hmac.digest(SALTED.salt, kind.encode(), "sha256") for kind in known}
    for kind, part in parts.items():
        written = known[kind].content
        held = {one for one in parts.values() if one in written or one.hex().encode() in written}
        assert held == {part}


def test_an_object_with_its_random_part_is_read_as_one_without() -> None:
    content = xlsx(rows())
    known, plain = objects_of(SALTED, content), objects_of(FACTS, content)
    for kind in ("report", "cells"):
        document = json.loads(known[kind].content)
        assert document.pop("salt")
        assert document == json.loads(plain[kind].content)
    frames = [from_parquet(found["observations"].content) for found in (known, plain)]
    assert frames[0].equals(frames[1])
    content = wrong()
    marked = [objects_of(facts, content)["marked"].content for facts in (SALTED, FACTS)]
    texts = [
        [
            [cell.value for row in sheet for cell in row]
            for sheet in openpyxl.load_workbook(io.BytesIO(one))
        ]
        for one in marked
    ]
    assert texts[0] == texts[1]
    assert zipfile.ZipFile(io.BytesIO(marked[0])).testzip() is None


def test_what_took_too_long_has_a_random_part_too() -> None:
    outcomes = [give_up(received(), facts) for facts in (SALTED, FACTS)]
    assert len({one.objects[0].reference().sha256 for one in outcomes}) == 2


def test_the_random_part_is_no_fact_to_be_compared() -> None:
    assert replace(FACTS, salt=b"t" * 32) == SALTED
    assert "salt" not in repr(SALTED)


def test_the_random_part_is_new_at_each_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "facts_of", lambda *_: FACTS)
    salts = {loading.load(cast(Session, None), received()).salt for _ in range(3)}
    assert [len(one) for one in salts] == [32] * 3


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        (Facts(None), {}),
        (Facts({"id": "small"}), {}),
        (FACTS, {"period": "quý 3"}),
    ],
)
def test_what_can_never_be_checked_is_rejected_for_good(
    facts: Facts, changes: dict[str, Any]
) -> None:
    with pytest.raises(Permanent):
        handle(received(**changes), facts, {"original": xlsx(rows())})


def test_a_form_names_the_code_lists_it_needs() -> None:
    form = shipped_forms()["dn-list"]
    assert codelists_of(form.to_dict()) == ("VSIC2018",)
    assert codelists_of(FORM.to_dict()) == ()
    assert "VSIC2018" in load_codelists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("bug"), "workbook_unreadable"),
        (BaseException("panic"), "workbook_unreadable"),
        (MemoryError(), "workbook_overran"),
        (OutOfTime(), "workbook_overran"),
    ],
)
def test_what_no_reader_foresaw_is_a_finding_and_no_crash(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: str
) -> None:
    def failing(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(examination, "check", failing)
    (draft,) = handled(rows()).events
    assert draft.TOPIC == "submission.returned"
    assert [one["code"] for one in to_avro(draft)["findings"]] == [code]
    assert (to_avro(draft)["figures"], to_avro(draft)["cells"], to_avro(draft)["marked"]) == (
        0,
        None,
        None,
    )


def test_why_there_is_nothing_to_report_stands_in_the_report_for_who_decides() -> None:
    why = "Chưa khóa sổ"
    claims = statement(nil=Nil(kind=NilKind.NOT_COLLECTED, reason=why))
    token = sign(claims, sender_key())
    sheet = [row if n < 4 else [*row[:2], None, None] for n, row in enumerate(rows())]
    event = received(nil="not_collected", statement=token)
    outcome = handle(event, FACTS, {"original": xlsx(sheet)})
    (one,) = (each for each in outcome.objects if each.kind == "report")
    (found,) = (
        each for each in json.loads(one.content)["findings"] if each["code"] == "nil_not_collected"
    )
    assert why in found["message"]["vi"]
    assert why in found["message"]["en"]
    assert why not in str(outcome.events)
