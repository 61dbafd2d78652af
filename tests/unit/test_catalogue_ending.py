"""When a sender is left without a key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from services.catalogue.ending import first_agreement_end, first_end
from services.catalogue.entry import EntryKind, Version

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def key(sender: str, ends: int | None, *, set_before: int = 300, begins: int = -400) -> Version:
    """The newest version of a key that ends in so many days, as was set so many days before now."""
    made = OKPKey.generate_key("Ed25519")
    return Version(
        EntryKind.SENDER_KEY, made.thumbprint(), 1, 1,
        {"sender": sender, "public_key": made.as_dict(private=False)},
        NOW + timedelta(days=begins),
        None if ends is None else NOW + timedelta(days=ends),
        NOW - timedelta(days=set_before),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "days"),
    [
        ([], None),
        ([key("a", None)], None),
        ([key("a", 20)], 20),
        ([key("a", 20), key("b", 10), key("c", None)], 10),
        ([key("a", None), key("a", 20)], None),
        ([key("a", 20), key("a", 400, begins=15)], 400),
        ([key("a", -3)], -3),
        ([key("a", -3), key("a", 300)], 300),
        ([key("a", -31)], None),
        ([key("a", -3, set_before=3)], None),
        ([key("a", -3, set_before=3), key("b", 5)], 5),
    ],
    ids=[
        "no key", "no end", "one end", "the first of several", "a newer one without an end",
        "a newer one that begins in time", "nobody followed it up", "followed up", "long ago",
        "revoked", "revoked, and another's end",
    ],
)  # fmt: skip
def test_the_first_sender_without_a_key(keys: Sequence[Version], days: int | None) -> None:
    found = first_end(keys, NOW)
    assert found == (math.inf if days is None else (NOW + timedelta(days=days)).timestamp())


def test_what_is_no_key_ends_nothing() -> None:
    broken = key("a", 20)
    assert first_end([Version(**{**vars(broken), "id": "another"})], NOW) == math.inf


def item(last: str | None, *, ended: bool = False) -> Version:
    """The newest version of an item that rests on an agreement with this last day."""
    agreement = {"number": "7/TT", "signed_on": "2024-01-01", "valid_from": "2024-01-01"}
    body = {"id": "i", "agreement": agreement | ({"valid_to": last} if last else {})}
    valid_to = NOW - timedelta(days=1) if ended else None
    return Version(EntryKind.ITEM, "i", 1, 1, body, None, valid_to, NOW)


@pytest.mark.parametrize(
    ("items", "end"),
    [
        ([], None),
        ([item(None)], None),
        ([replace(item("2026-12-31"), body={"id": "i"})], None),
        ([item("2027-06-30"), item("2026-12-31")], "2027-01-01"),
        ([item("2026-11-20")], "2026-11-21"),
        ([item("2026-10-20")], None),
        ([item("2026-12-31", ended=True)], None),
    ],
    ids=[
        "no item", "no last day", "no agreement", "the first of several", "nobody followed it up",
        "long ago", "of an item that ended",
    ],
)  # fmt: skip
def test_the_first_agreement_that_ends(items: Sequence[Version], end: str | None) -> None:
    found = first_agreement_end(items, NOW)
    wanted = datetime.fromisoformat(f"{end}T00:00+07:00").timestamp() if end else math.inf
    assert found == wanted
