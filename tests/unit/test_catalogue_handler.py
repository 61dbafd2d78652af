"""Deciding changes of the catalogue: what is refused and why, and which version comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from services.catalogue import starter
from services.catalogue.entry import Command, EntryKind, Facts, Refused, Supply, Version
from services.catalogue.handler import decide, event
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.model.messages import LANGUAGES, catalogue
from services.model.starter_pack import Entry, starter_pack
from services.model.statement import public_key
from services.model.text import ModelError, Text

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = datetime(2027, 11, 23, 8, tzinfo=UTC)
PACK = starter_pack()
KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
SENDER = "so-tai-chinh-dien-bien"


def facts_of(pack: Sequence[Entry]) -> Facts:
    kinds = {entry.body["kind"] for entry in pack if entry.kind == "organisation"}
    provinces = [entry for entry in pack if (entry.kind, entry.id) == ("codelist", "34")]
    return Facts(
        known=frozenset((EntryKind(entry.kind), entry.id) for entry in pack),
        organisation_kinds=frozenset(kinds),
        provinces=frozenset(code["code"] for code in provinces[0].body["codes"])
        if provinces
        else None,
        supply=Supply(
            items=bodies("item", pack),
            forms=bodies("form", pack),
            organisations=bodies("organisation", pack),
            indicators=frozenset(
                f"{list_}/{code['code']}"
                for list_, body in bodies("codelist", pack).items()
                if body.get("indicator_system")
                for code in body["codes"]
            ),
        ),
    )


def bodies(kind: str, pack: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    return {one.id: one.body for one in pack if one.kind == kind}


ALL = facts_of(PACK)


def entry(kind: EntryKind, id_: str) -> Command:
    found = next(one for one in PACK if (one.kind, one.id) == (kind.value, id_))
    return Command(kind, id_, found.body)


def changed(command: Command, **body: Any) -> Command:
    return replace(command, body={**command.body, **body})


ORGANISATION = entry(EntryKind.ORGANISATION, SENDER)
FORM = entry(EntryKind.FORM, "cv17809-5")
ITEM = entry(EntryKind.ITEM, "thu-ngan-sach-quy")
REGULATION = entry(EntryKind.REGULATION, "dien-bien-1618-2021")
CODELIST = entry(EntryKind.CODELIST, "34")
SENDER_KEY = Command(
    EntryKind.SENDER_KEY, public_key(KEY).thumbprint(), {"sender": SENDER, "public_key": KEY}
)


def decided(command: Command, facts: Facts = ALL) -> Version:
    version = decide(command, facts, 41, NOW)
    assert version is not None
    return version


def refused(command: Command, facts: Facts = ALL) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        decide(command, facts, 41, NOW)
    return [(flaw.where, flaw.code) for flaw in caught.value.flaws]


def test_the_starter_pack_is_taken_in_its_order() -> None:
    facts = Facts()
    before: list[Entry] = []
    for one in starter.in_order(PACK):
        version = decide(Command(EntryKind(one.kind), one.id, one.body), facts, len(before), NOW)
        assert version is not None and version.catalogue_version == len(before) + 1
        before.append(one)
        facts = facts_of(before)


@pytest.mark.parametrize("command", [ORGANISATION, ITEM, SENDER_KEY, REGULATION, CODELIST, FORM])
def test_the_same_again_is_no_change(command: Command) -> None:
    newest = decided(command)
    assert newest.version == 1
    assert decide(command, replace(ALL, newest=newest), 42, LATER) is None


def test_a_change_counts_the_entry_and_the_catalogue_up() -> None:
    newest = decided(ORGANISATION)
    facts = replace(ALL, newest=newest)
    version = decide(changed(ORGANISATION, kind="ministry"), facts, 99, LATER)
    assert version == replace(
        newest, version=2, catalogue_version=100, body={**newest.body, "kind": "ministry"},
        changed_at=LATER,
    )  # fmt: skip


def test_another_validity_is_a_change() -> None:
    newest = decided(SENDER_KEY)
    revoked = replace(SENDER_KEY, valid_to=NOW)
    assert decided(revoked, replace(ALL, newest=newest)).version == 2


def test_validity_ends_after_it_begins() -> None:
    assert refused(replace(SENDER_KEY, valid_from=NOW, valid_to=NOW)) == [("valid_to", "validity")]


@pytest.mark.parametrize("id_", ["", " ", "a b", "a/b", "ủy-ban", ".", "a" * 101, "a\n"])
def test_ids_that_no_address_can_hold_are_refused(id_: str) -> None:
    assert refused(replace(SENDER_KEY, id=id_)) == [("id", "id")]


def test_the_content_has_the_address_id() -> None:
    assert refused(replace(ORGANISATION, id="other")) == [("body.id", "other-id")]


def test_each_wrong_place_of_the_content_is_named() -> None:
    command = Command(EntryKind.ITEM, "x", {"id": "x", "name": {"vi": "Tên"}, "price": 1})
    places = {where for where, _ in refused(command)}
    seven = ("content", "completeness", "frequency", "supplied", "form", "responsible", "other")
    assert places == {"body.name.en", "body.price", *(f"body.{name}" for name in seven)}


@pytest.mark.parametrize("nasty", ["\0", "\ud800", float("nan"), float("inf")])
def test_what_the_database_cannot_hold_is_refused(nasty: object) -> None:
    assert refused(changed(ORGANISATION, source=nasty)) == [("body", "characters")]


def test_what_no_event_can_hold_is_refused() -> None:
    assert refused(changed(ORGANISATION, source="x" * 900_000)) == [("body", "size")]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (changed(ITEM, responsible="nobody"), ("body.responsible", "reference")),
        (changed(ITEM, form="nothing"), ("body.form", "reference")),
        (changed(ITEM, room="nobody"), ("body.room", "reference")),
        (changed(ITEM, verifier="nobody"), ("body.verifier", "reference")),
        (changed(ORGANISATION, province="63"), ("body.province", "province")),
        (
            changed(ORGANISATION, valid_to="2026-12-31", replaced_by=["nobody"]),
            ("body.replaced_by", "reference"),
        ),
        (changed(REGULATION, province="63"), ("body.province", "province")),
        (changed(REGULATION, replaced_by="nothing"), ("body.replaced_by", "reference")),
        (changed(FORM, area_lists=["62"]), ("body.area_lists", "reference")),
        (changed(SENDER_KEY, sender="nobody"), ("body.sender", "reference")),
    ],
)
def test_what_it_names_must_be_there(command: Command, expected: tuple[str, str]) -> None:
    assert expected in refused(command)


def test_a_form_without_anybody_to_send_it_is_refused() -> None:
    assert ("body.responsible", "senders") in refused(
        FORM, replace(ALL, organisation_kinds=frozenset())
    )


def test_the_lists_of_a_forms_tables_and_rules_must_be_there() -> None:
    without = replace(ALL, known=ALL.known - {(EntryKind.CODELIST, "VSIC2018")})
    assert ("body.tables.main.activity_list", "reference") in refused(FORM, without)
    firms = entry(EntryKind.FORM, "dn-list")
    assert ("body.rules.activities.expression", "reference") in refused(firms, without)


def test_a_changed_form_prints_its_new_version() -> None:
    facts = replace(ALL, newest=decided(FORM))
    assert refused(changed(FORM, symbol="X"), facts) == [("body.version", "version")]
    assert decided(changed(FORM, symbol="X", version=2), facts).version == 2


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({**KEY, "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}, ("body.public_key.d", "key-private")),
        (dict(OKPKey.generate_key("X25519").as_dict(private=False)), ("body.public_key", "key-kind")),
        ({**KEY, "x": "AAAA"}, ("body.public_key", "key-kind")),
        ({**KEY, "x": 1}, ("body.public_key", "key-kind")),
        ({**KEY, "kty": "EC"}, ("body.public_key", "key-kind")),
        ({}, ("body.public_key", "key-kind")),
        ("text", ("body.public_key", "field-missing")),
    ],
)  # fmt: skip
def test_only_a_public_ed25519_key_is_taken(key: object, expected: tuple[str, str]) -> None:
    assert refused(changed(SENDER_KEY, public_key=key)) == [expected]


def test_a_key_belongs_to_one_sender_and_has_its_thumbprint_for_id() -> None:
    facts = replace(ALL, newest=decided(SENDER_KEY))
    other = changed(SENDER_KEY, sender="bo-tai-chinh")
    assert refused(other, facts) == [("body.sender", "key-changed")]
    assert refused(replace(SENDER_KEY, id="key-1")) == [("id", "key-id")]


@pytest.mark.parametrize("address", [
    "<a@b.example>", "a@b.example;DATA", "vănthư@b.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example",
    "a@b", "a,b@c.example",
])  # fmt: skip
def test_an_address_that_no_mail_can_carry_is_refused_at_the_door(address: str) -> None:
    contact = {"channel": "email", "address": "van-thu_1.a+b@so.example", "language": "vi"}
    assert decided(changed(ORGANISATION, contacts=[contact]))
    [(where, code)] = refused(changed(ORGANISATION, contacts=[contact | {"address": address}]))
    assert (where, code) == ("body.contacts.0", "content")


def test_a_key_that_has_ended_stays_ended() -> None:
    """Registering it again by habit must not let a stolen key speak once more."""
    ended = replace(SENDER_KEY, valid_to=NOW)
    facts = replace(ALL, newest=decided(ended))
    for revived in (SENDER_KEY, replace(SENDER_KEY, valid_to=LATER)):
        assert refused(revived, facts) == [("valid_to", "key-ended")]
    assert decide(ended, facts, 9, NOW) is None
    sooner = replace(SENDER_KEY, valid_to=NOW - timedelta(days=1))
    assert decided(sooner, facts).valid_to == sooner.valid_to
    running = replace(ALL, newest=decided(replace(SENDER_KEY, valid_to=NOW + timedelta(days=1))))
    assert decided(replace(SENDER_KEY, valid_to=LATER), running).valid_to == LATER


def test_an_organisations_dates_are_its_validity() -> None:
    dated = changed(ORGANISATION, valid_from="2025-03-01", valid_to="2026-12-31")
    version = decided(dated)
    assert version.valid_from == datetime(2025, 2, 28, 17, tzinfo=UTC)
    assert version.valid_to == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert decided(replace(dated, valid_from=NOW)).valid_from == NOW


def test_a_key_keeps_only_what_a_public_key_needs() -> None:
    more = {**KEY, "kid": "a", "alg": "EdDSA"}
    assert decided(changed(SENDER_KEY, public_key=more)).body["public_key"] == KEY


def test_the_event_fits_its_schema_and_its_id_depends_on_the_version_alone() -> None:
    version = decided(FORM)
    made = event(version)
    assert codec().encode("catalogue.changed-value", to_avro(made))
    assert codec().encode("catalogue.changed-key", made.key)
    assert event(replace(version, catalogue_version=7, changed_at=LATER)).own_id == made.own_id
    assert event(replace(version, version=2)).own_id != made.own_id


LOTTERY = entry(EntryKind.ITEM, "xo-so-quy")
SIX = entry(EntryKind.FORM, "cv17809-6")


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"sections": ["B", "Z"]}, ("body.sections", "section")),
        ({"sections": ["C"]}, ("body.sections", "section-taken")),
        (
            {"id": "other", "responsible": "so-cong-thuong-dien-bien"},
            ("body.sections", "section-taken"),
        ),
        ({"indicators": ["dp/KHONGCO"]}, ("body.indicators", "indicator")),
        ({"indicators": ["63/11"]}, ("body.indicators", "indicator")),
    ],
)
def test_an_item_names_sections_that_are_its_suppliers_and_indicators_that_there_are(
    change: dict[str, Any], flaw: tuple[str, str]
) -> None:
    command = changed(LOTTERY, **change)
    assert flaw in refused(replace(command, id=command.body["id"]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"category": "dataset"}, "không phải chia sẻ"),
        ({"sections": ["B", "B"]}, "sections: có giá trị nêu hai lần"),
        ({"deadlines": [{"completeness": "official", "due": {}}]}, "chỉ một trong printed"),
        (
            {"deadlines": [{"completeness": "official", "due": {"printed": "0001-01-01"}}]},
            "printed: ngoài khoảng 1990–2200",
        ),
    ],
)
def test_what_is_wrong_within_an_entry_is_said_in_vietnamese(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused) as caught:
        decide(changed(LOTTERY, **change), ALL, 41, NOW)
    (flaw,) = caught.value.flaws
    what = flaw.values["what"]
    assert isinstance(what, Text) and said in what.vi and said not in what.en, what


def test_a_section_of_another_province_is_another() -> None:
    elsewhere = {**ALL.supply.organisations, SENDER: {"province": "20"}} if ALL.supply else {}
    assert ALL.supply is not None
    facts = replace(ALL, supply=replace(ALL.supply, organisations=elsewhere))
    assert decide(changed(LOTTERY, sections=["C"]), facts, 41, NOW) is not None


def test_a_form_keeps_the_sections_that_items_name() -> None:
    sections = [{**one, "id": f"x{one['id']}"} for one in SIX.body["responsible"]]
    newest = decided(SIX)
    command = changed(SIX, responsible=sections, version=2)
    with pytest.raises(Refused) as found:
        decide(command, replace(ALL, newest=newest), 41, LATER)
    assert {flaw.code for flaw in found.value.flaws} == {"section-named"}


REPORT = entry(EntryKind.REPORT, "bao-cao-linh-vuc-kinh-te-thang")


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"responsible": SENDER}, ("body.responsible", "no-office")),
        ({"responsible": "khong-co"}, ("body.responsible", "reference")),
        ({"recipients": ["khong-co"]}, ("body.recipients", "reference")),
        ({"id": ITEM.id}, ("body.id", "id-taken")),
    ],
)
def test_a_report_is_of_an_office_and_names_what_is_there(
    change: dict[str, Any], flaw: tuple[str, str]
) -> None:
    command = changed(REPORT, **change)
    assert refused(replace(command, id=command.body["id"])) == [flaw]


def test_an_item_has_not_the_id_of_a_report() -> None:
    command = changed(ITEM, id=REPORT.id)
    assert refused(replace(command, id=REPORT.id)) == [("body.id", "id-taken")]


def test_every_flaw_says_what_and_how_to_mend_in_both_languages() -> None:
    codes = {
        "id", "characters", "content", "other-id", "field-unknown", "field-missing", "key-private",
        "key-kind", "key-id", "key-changed", "key-ended", "validity", "size", "version", "reference",
        "province", "senders", "section", "section-taken", "section-named", "indicator",
        "no-office", "id-taken",
    }  # fmt: skip
    for lang in LANGUAGES:
        known = catalogue(lang).keys()
        assert not {f"catalogue.{c}{end}" for c in codes for end in ("", ".mend")} - known


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
fields = st.sampled_from(
    sorted({*FORM.body, *ITEM.body, *ORGANISATION.body, "sender", "public_key"})
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(EntryKind), st.dictionaries(fields, json_values, max_size=8))
def test_no_content_makes_it_fail_otherwise(kind: EntryKind, body: dict[str, Any]) -> None:
    """Whatever comes is refused in words, or taken; nothing else is raised."""
    try:
        decide(Command(kind, "x", {**body, "id": "x"}), ALL, 0, NOW)
    except Refused as refusal:
        assert refusal.flaws


def test_a_regulation_comes_after_the_one_that_replaces_it() -> None:
    def regulation(id_: str, **body: str) -> Entry:
        return Entry("regulation", id_, 1, {"id": id_, **body})

    other = Entry("codelist", "34", 1, {})
    pack = [
        other,
        regulation("a", replaced_by="b"),
        regulation("b", replaced_by="c"),
        regulation("c"),
    ]
    assert [one.id for one in starter.in_order(pack)] == ["34", "c", "b", "a"]


def test_an_organisation_comes_after_those_that_it_belongs_to_or_is_replaced_by() -> None:
    def organisation(id_: str, **body: Any) -> Entry:
        return Entry("organisation", id_, 1, {"id": id_, **body})

    pack = [
        organisation("room", parent="office"),
        organisation("district", replaced_by=["ward", "commune"]),
        organisation("ward"),
        organisation("commune"),
        organisation("office"),
    ]
    order = [one.id for one in starter.in_order(pack)]
    assert sorted(order) == sorted(one.id for one in pack)
    assert order.index("office") < order.index("room")
    assert max(order.index("ward"), order.index("commune")) < order.index("district")
    with pytest.raises(ModelError, match="these name one another"):
        starter.in_order([pack[0], organisation("office", parent="room")])
