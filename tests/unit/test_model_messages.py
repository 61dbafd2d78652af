"""What people read is there in both languages."""

import pytest

from services.model.messages import catalogue, placeholders, text, texts
from services.model.text import ModelError, normalise


def test_both_languages_have_the_same_messages_and_placeholders() -> None:
    vi, en = catalogue("vi"), catalogue("en")
    assert set(vi) == set(en)
    assert {key: placeholders(one) for key, one in vi.items()} == {
        key: placeholders(one) for key, one in en.items()
    }


def test_a_message_needs_its_values() -> None:
    given = {"sheet": "Biểu 1", "expected": "triệu đồng"}
    assert "Biểu 1" in text("validation.unit_missing", "vi", **given)
    assert texts("validation.unit_missing", **given).en.startswith("Sheet Biểu 1")
    with pytest.raises(ModelError, match="sheet"):
        text("validation.unit_missing", "vi")
    with pytest.raises(ModelError, match="no message"):
        text("validation.nothing", "en")


def test_texts_are_compared_without_case_spaces_and_tone_places() -> None:
    assert normalise("TỈNH  HÒA\nBÌNH ") == normalise("Tỉnh Hoà Bình")
    assert normalise("Ho\u0300a") == normalise("hoà")
    assert normalise("Thủy lợi") == normalise("Thuỷ lợi")
    assert normalise("má") != normalise("ma")
