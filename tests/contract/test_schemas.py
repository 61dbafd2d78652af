"""Every schema has examples; the codec carries them unchanged, and refuses what Avro alone would let pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from services.events import registry
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.errors import Malformed
from services.kernel.topics import SCHEMAS, load
from tests.contract.examples import EXAMPLES, FILES, examples, schema, subject

CODEC = codec()
HANOI = timezone(timedelta(hours=7))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("file", FILES)
def test_examples_survive_the_wire(file: str) -> None:
    found = examples(file)
    assert found, f"{file}.avsc has no example in {EXAMPLES}"
    for example in found:
        encoded = CODEC.encode(subject(file), example)
        assert CODEC.decode(subject(file), encoded) == example


@pytest.mark.parametrize("file", FILES)
def test_examples_say_all_fields_and_take_each_branch(file: str) -> None:
    """Together they show every field, and for optional ones both null and a value."""
    found = examples(file)
    for field in schema(file)["fields"]:
        values = [example[field["name"]] for example in found]
        if isinstance(field["type"], list) and len(found) > 1:
            assert {value is None for value in values} == {True, False}, field["name"]


def test_every_example_and_every_topic_has_its_schema() -> None:
    declared = {topic.schema for topic in load().values() if topic.schema}
    keys = {topic.key for topic in load().values() if topic.key != "string"}

    assert sorted(path.stem for path in EXAMPLES.glob("*.json")) == FILES
    assert sorted(declared | keys) == FILES


@pytest.mark.parametrize("file", FILES)
def test_every_schema_file_is_what_its_class_says(file: str) -> None:
    made = (SCHEMAS / f"{file}.avsc").read_text(encoding="utf-8")
    assert made == registry.text(registry.schemas()[file]), "solieu schemas lock"


@pytest.mark.parametrize("file", FILES)
def test_an_event_says_in_its_class_what_it_says_on_the_wire(file: str) -> None:
    kind: Any = {f"{t}-key": k for t, k in registry.KEYS.items()} | dict(registry.EVENTS)
    for example in examples(file):
        assert to_avro(from_avro(kind[file], example)) == example


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.avsc")), ids=lambda path: str(path.stem))
def test_every_field_is_explained(path: Any) -> None:
    unexplained = [field["name"] for field in schema(path.stem)["fields"] if not field.get("doc")]
    assert not unexplained


def observation(**changes: Any) -> dict[str, Any]:
    return {**examples("grdp.observation")[0], **changes}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in observation().items() if key != name}


NASTY: dict[str, Callable[[], dict[str, Any]]] = {
    "naive time": lambda: observation(known_from=NOON.replace(tzinfo=None)),
    "time not in UTC": lambda: observation(known_from=NOON.astimezone(HANOI)),
    "naive time where null is possible": lambda: observation(embargo_time=datetime(2026, 1, 1)),
    "not a number": lambda: observation(value=Decimal("NaN")),
    "infinity": lambda: observation(value=Decimal("Infinity")),
    "a float": lambda: observation(value=0.1),
    "a float that is no number": lambda: observation(value=float("nan")),
    "seven decimals": lambda: observation(value=Decimal("0.0000001")),
    "twenty-three digits": lambda: observation(value=Decimal(10) ** 22),
    "as many below zero": lambda: observation(value=-(Decimal(10) ** 22)),
    "an unknown field": lambda: observation(note="x"),
    "a missing field": lambda: without("unit"),
    "a missing optional field": lambda: without("value"),
    "text for a number": lambda: observation(revision="1"),
    "a number for text": lambda: observation(unit=1),
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_data_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"grdp\.observation-value"):
        CODEC.encode("grdp.observation-value", NASTY[name]())


def test_unknown_fields_of_inner_records_are_refused() -> None:
    example = examples("submission.cleared")[0]
    example["observations"]["value"] = "12"
    with pytest.raises(ValueError, match="unknown fields"):
        CODEC.encode("submission.cleared-value", example)


def test_unknown_symbols_are_refused() -> None:
    example = {**examples("submission.received")[0], "completeness": "final"}
    with pytest.raises(ValueError, match=r"submission\.received"):
        CODEC.encode("submission.received-value", example)


@pytest.mark.parametrize(
    "largest", ["9999999999999999999999.999999", "-9999999999999999999999.999999"]
)
def test_the_largest_decimals_pass(largest: str) -> None:
    data = observation(value=Decimal(largest))
    encoded = CODEC.encode("grdp.observation-value", data)
    assert CODEC.decode("grdp.observation-value", encoded)["value"] == Decimal(largest)


@pytest.mark.parametrize("file", FILES)
def test_no_part_of_a_message_is_read_as_a_whole_one(file: str) -> None:
    encoded = CODEC.encode(subject(file), examples(file)[0])
    other = next(one for one in FILES if one != file)
    for wrong in (b"", encoded[:-1], encoded + b"\0", b"\1" + encoded[1:], b"\0\x7f" + encoded[2:]):
        with pytest.raises(Malformed):
            CODEC.decode(subject(file), wrong)
    with pytest.raises(Malformed):
        CODEC.decode(subject(other), encoded)
