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


@pytest.mark.parametrize(
    ("count", "said"), [(0, "A difficulty: Lũ."), (1, "A difficulty, for one day: Lũ."),
                        (2, "A difficulty, for 2 days: Lũ.")],
)  # fmt: skip
def test_nought_and_one_have_words_of_their_own(count: int, said: str) -> None:
    assert text("console.duty.difficulty", "en", reason="Lũ.", days=count) == said
    assert "0 ngày" not in text("console.duty.difficulty", "vi", reason="Lũ.", days=count)


def test_a_message_without_words_for_one_says_the_number() -> None:
    assert "1 " in text("connector.due.more", "en", count=1)
    assert text("console.duty.reminded", "en", count=1, at="1/12") == "Reminded once, 1/12"


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
