"""State secrets: what is one, which article forbids it, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake import state_secrets
from services.intake.answers import problem
from services.intake.identity import notice_id
from services.intake.state_secrets import Ban, Facts
from services.kernel.codec import codec
from services.model.enumerations import SecretLevel
from services.model.regulation import Instrument, governing, load_regulations
from services.model.statement import (
    Classification,
    SecretDocument,
    SecretNotice,
    Untrusted,
    sign,
    verify,
    verify_notice,
)
from services.model.text import ModelError, plain, read
from services.policy.law.policies import library
from tests.unit.test_intake_statement import KEY, STATEMENT

REGULATIONS = list(load_regulations())
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DOCUMENT = SecretDocument(
    document_number="12/BC-STC",
    level=SecretLevel.CONFIDENTIAL,
    date=date(2026, 11, 20),
    receiver="thong-ke-dien-bien",
)
NOTICE = SecretNotice(
    document_number="12/BC-STC",
    level=SecretLevel.CONFIDENTIAL,
    date=date(2026, 11, 20),
    receiver="thong-ke-dien-bien",
    sender=STATEMENT.sender,
    issued_at=NOW,
)
KEYS = {KEY.thumbprint(): KEY}


def law(province: str | None, now: datetime, instruments: list[Instrument] = REGULATIONS) -> Ban:
    return state_secrets.ban(instruments, province, now)


def at(*day: int) -> datetime:
    return datetime(*day, 5, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_the_provinces_article_comes_first() -> None:
    found = law("11", NOW)
    assert found == Ban("dien-bien-1618-2021", "1618/QĐ-UBND", "6", "1")


@pytest.mark.parametrize(
    ("moment", "number", "clause"),
    [
        (at(2026, 2, 28), "29/2018/QH14", "5"),
        (at(2026, 3, 1), "117/2025/QH15", "2"),
        # 17:30 UTC on the last day of February is the first of March in Viet Nam.
        (datetime(2026, 2, 28, 16, 59, tzinfo=UTC), "29/2018/QH14", "5"),
        (datetime(2026, 2, 28, 17, 30, tzinfo=UTC), "117/2025/QH15", "2"),
    ],
)
@pytest.mark.parametrize("province", [None, "24"])
def test_elsewhere_the_national_law_of_the_day(
    province: str | None, moment: datetime, number: str, clause: str
) -> None:
    found = law(province, moment)
    assert (found.number, found.article, found.clause) == (number, "5", clause)


def test_a_province_before_its_regulation_has_the_national_law() -> None:
    assert law("11", at(2021, 8, 31)).number == "29/2018/QH14"
    assert law("11", at(2021, 9, 1)).number == "1618/QĐ-UBND"


def test_a_second_provinces_pack_is_its_own() -> None:
    """The article comes from the data, whichever it is."""
    other = {
        "id": "x-7-2022", "number": "7/QĐ-UBND", "title": {"vi": "x", "en": "x"}, "province": "24",
        "in_force_from": "2022-01-01",
        "articles": [
            {"article": "9", "summary": {"vi": "x", "en": "x"}, "requirement": "R18"},
            {"article": "6", "clause": "1", "summary": {"vi": "x", "en": "x"}},
        ],
    }  # fmt: skip
    packs = [*REGULATIONS, Instrument.from_dict(other)]
    assert law("24", NOW, packs) == Ban("x-7-2022", "7/QĐ-UBND", "9", None)
    assert law("11", NOW, packs).instrument == "dien-bien-1618-2021"
    assert governing(packs, "R19", "24", NOW.date()) is None


def test_without_any_law_it_is_refused_all_the_same() -> None:
    assert law("11", NOW, []) == Ban()
    refusal = state_secrets.refusal(Facts(Ban(), True, True), DOCUMENT)
    assert refusal.code.status == 403
    assert "Điều" not in problem(refusal).title["vi"]


def test_policy_and_regulations_name_the_same_articles() -> None:
    """Two services decide on secrets: by the same law."""
    bound = {
        (one.instrument, one.article, one.clause)
        for one in library().policies
        if one.requirement == state_secrets.REQUIREMENT
    }
    tagged = {
        (one.id, article.article, article.clause)
        for one in REGULATIONS
        for article in one.articles
        if article.requirement == state_secrets.REQUIREMENT
    }
    assert bound == tagged
    assert len(tagged) == 4


def test_what_is_kept_is_four_fields_and_the_article() -> None:
    facts = Facts(law("11", NOW), True, True)
    refusal = state_secrets.refusal(facts, DOCUMENT)
    kept = {name: value for name, value in refusal.kept.items() if value is not None}
    assert kept == {
        "document_number": "12/BC-STC", "secret_level": "confidential", "secret_date": "2026-11-20",
        "secret_receiver": "thong-ke-dien-bien",
        "instrument": "dien-bien-1618-2021", "article": "6", "clause": "1",
    }  # fmt: skip
    assert {"form", "area", "period"} <= refusal.kept.keys()
    event = {
        "refusal_id": "x", "sender": "so", "code": "state-secret", "status": 403, "refused_at": NOW,
        **refusal.kept,
    }  # fmt: skip
    written = codec().encode("submission.refused-value", event)
    assert codec().decode("submission.refused-value", written) == event


def test_a_receiver_that_is_no_organisation_is_not_kept() -> None:
    """It could be a person's name."""
    facts = Facts(law("11", NOW), True, False)
    named = replace(DOCUMENT, receiver="Nguyễn Văn A")
    assert state_secrets.refusal(facts, named).kept["secret_receiver"] is None


def test_the_answer_names_article_number_and_text() -> None:
    answer = problem(state_secrets.refusal(Facts(law("11", NOW), True, True), None)).body()
    assert answer["title"].endswith("(khoản 1 Điều 6 1618/QĐ-UBND)")
    (reason,) = answer["reasons"]
    assert (reason["instrument"], reason["number"]) == ("dien-bien-1618-2021", "1618/QĐ-UBND")
    assert reason["requirement"] == "R18" and reason["text"]["vi"] and reason["text"]["en"]


def test_a_secret_document_is_a_secret_whatever_the_classification() -> None:
    assert not STATEMENT.is_state_secret
    assert replace(STATEMENT, classification=Classification.STATE_SECRET).is_state_secret
    assert replace(STATEMENT, document=DOCUMENT).is_state_secret


def test_a_notice_is_signed_and_of_its_own_type() -> None:
    token = sign(NOTICE, KEY)
    assert verify_notice(token, KEYS) == NOTICE
    with pytest.raises(Untrusted):
        verify(token, KEYS)
    with pytest.raises(Untrusted):
        verify_notice(sign(STATEMENT, KEY), KEYS)


@pytest.mark.parametrize("name", ["title", "file", "sha256", "content"])
def test_a_notice_has_no_room_for_more(name: str) -> None:
    with pytest.raises(ModelError):
        read(SecretNotice, plain(NOTICE) | {name: "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("document_number", "Kế hoạch phòng thủ dân sự"),
        ("document_number", "12 Kế hoạch"),
        ("document_number", "12/BC-STC\n"),
        ("document_number", "1" * 80),
        ("document_number", ""),
        ("level", "Mật"),
        ("date", "20/11/2026"),
        ("receiver", ""),
    ],
)
def test_particulars_that_are_none(name: str, value: Any) -> None:
    with pytest.raises(ModelError, match=name):
        read(SecretNotice, plain(NOTICE) | {name: value})


@pytest.mark.parametrize("number", ["12/BC-STC", "123-BC/TU", "05/2024/TT-BTC", "7/QĐ-UBND", "9"])
def test_numbers_of_documents(number: str) -> None:
    assert replace(NOTICE, document_number=number).document_number == number


def test_a_document_has_one_notice_a_year() -> None:
    same = replace(NOTICE, level=SecretLevel.TOP_SECRET, date=date(2026, 1, 5))
    assert notice_id(same) == notice_id(NOTICE)
    others = [
        replace(NOTICE, date=date(2025, 11, 20)),
        replace(NOTICE, sender="bo-tai-chinh"),
        replace(NOTICE, document_number="13/BC-STC"),
    ]
    assert len({notice_id(one) for one in (NOTICE, *others)}) == 4
