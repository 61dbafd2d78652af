"""What a text marks by its words: stamps, labels, and sentences that say what the document is. Pure.

Folded text is in small letters without tone marks (`texts.fold`).
"""

from __future__ import annotations

import re
import unicodedata

from services.model.enumerations import SecretLevel
from services.policy.evidence.texts import latin

LEVELS = {
    "tuyet mat": SecretLevel.TOP_SECRET,
    "toi mat": SecretLevel.SECRET,
    "mat": SecretLevel.CONFIDENTIAL,
}
_LEVEL = r"(?P<level>tuyet mat|toi mat|mat)"
AROUND = " \t\n.,:;-–—_*#()[]{}<>«»\"'“”!|/\\"
LONGEST = 60
"""Characters of a stamp; what is longer is a sentence."""
_LABELLED = re.compile(
    rf"\b(?:do|cap|muc)(?: do)?(?: bao)? mat *(?:[:\-–] *\W*{_LEVEL}|(?P<plain>tuyet mat|toi mat))\b"
)
_SORTED = re.compile(
    rf"\b(?:phan loai|xep loai|loai|dong dau)(?: van ban| tai lieu)? *[:\-–] *\W*{_LEVEL}\W*$"
)
_CLASSED = re.compile(
    rf"\bbi mat nha nuoc,? (?:thuoc )?(?:do|loai|muc)(?: do)?(?: mat)?:? *{_LEVEL}\b"
)
_STATED = re.compile(
    r"\b(?:tai lieu|van ban|so lieu|thong tin|bao cao|ho so|phu luc)(?: nay)?(?: la)?(?: thuoc)?(?: loai| do| dang)?"
    rf" {_LEVEL}\b"
)
_HANDLING = r"(?:khong (?:pho bien|sao chup|duoc)|cam sao|do khan|ban (?:so|\d)|so *[:.]? *\d)"
"""How a marking goes on: what may not be done with it, how urgent, which copy."""
_ENDED = re.compile(rf"^ *(?:$|[.,;:()\-–]|nha nuoc|{_HANDLING})")
_BEGUN = re.compile(rf"^(?P<level>tuyet mat|toi mat)(?: *(?:$|[^\w ])| (?:\d|{_HANDLING}))")
"""What begins with a high level that punctuation, a number or its handling follows."""
_HANDLED = re.compile(rf"^mat\b[\s\-–/(,;:.]*{_HANDLING}")
_COPIED = re.compile(r"^mat\b[\s\-–/(,;:.]*(?:ban (?:so|\d)|khong (?:pho bien|sao chup)|cam sao)")
_PHRASE = re.compile(r"\b(?:tuyệt|tối)[\s.\-_]*mật\b")
_FOLDED_PHRASE = re.compile(r"\b(?:tuyet|toi)[\s.\-_]*mat\b")
_STAMP_NAMED = re.compile(r"\bdấu (?:chỉ )?(?:độ )?mật\b")
_COUNTED = re.compile(
    r"^\W*(?:tong |ty le |ty trong )*"
    r"(?:so (?:luong )?(?:van ban|tai lieu|ho so|cong van|bao cao|quyet dinh|vu|luong|ban)|ty le|ty trong)\b"
)
"""A row of a form that counts documents."""
_ABOUT = re.compile(r"\b(?:quy dinh|luat|nghi dinh|bao ve|tieu huy|quan ly|giai mat)\b[^.;(:\-–]*$")
"""Words about secrets, which are none."""
_LISTED = re.compile(r"\bthuoc (?:danh muc |pham vi |loai )*bi mat nha nuoc\b")
_DENIED = re.compile(
    r"\b(?:khong(?! (?:pho bien|sao chup))|chua|(?<!nuoc )ngoai(?! vu| hoi| thuong)|loai tru|(?<!du )tru)\b"
    r"[^.;,(:\-–]{0,40}$"
)
_WORK_SECRET = re.compile(r"\bbi mat cong tac\b")
_TONED = re.compile(r"\bmật\b")
_SPACED = re.compile(r"^[^\W_](?:[ .\-_*]+[^\W_]){2,}$")
_IN_BRACKETS = re.compile(r"[(\[«<{] *(?P<level>tuyệt mật|tối mật) *[)\]»>}]")
_SHOUTED = re.compile(
    r"[(\[«] *MẬT *[)\]»]|\b(?:KHẨN|TỐC) *[-–/,] *MẬT\b|\bM(?:ẬT|ật) *[-–/,] *(?:THƯỢNG KHẨN|KHẨN|HỎA TỐC)\b"
    r"|^(?:BÁO CÁO|TÀI LIỆU|VĂN BẢN|PHỤ LỤC|SỐ LIỆU|BIỂU|DỰ TOÁN)\b.*[-–] *MẬT$|^B(?:ẢN SỐ|ản số):? *\d+[ ,\-–/]*MẬT$"
)
"""The lowest level in capitals: in brackets, beside the urgency or the copy's number, behind the document's title."""
_APART = re.compile(r"[\W_]+")
_JOINED = re.compile(r"(?:tuyetmat|toimat)+")
_ENGLISH = {
    "TOP SECRET": SecretLevel.TOP_SECRET,
    "SECRET": SecretLevel.SECRET,
    "STATE SECRET": SecretLevel.CONFIDENTIAL,
}


def level_of(text: str, folded: str) -> SecretLevel | None:
    """The level that a text marks by itself; `folded` is it without tone marks (`texts.fold`)."""
    stamp = folded.strip(AROUND)
    if len(stamp) <= LONGEST and (level := _stamped(text, stamp)):
        return level
    if (begun := _BEGUN.match(stamp)) and _is_high(text):
        return LEVELS[begun["level"]]
    if labelled := _LABELLED.search(folded):
        return LEVELS[labelled["level"] or labelled["plain"]]
    if _COUNTED.search(folded):
        return None
    toned = toned_of(text)
    if (sorted_ := _SORTED.search(folded)) and (_PHRASE.search(toned) or _TONED.search(toned)):
        return LEVELS[sorted_["level"]]
    if enclosed := _IN_BRACKETS.search(toned):
        is_top = enclosed["level"].startswith("tuyệt")
        return SecretLevel.TOP_SECRET if is_top else SecretLevel.SECRET
    written = unicodedata.normalize("NFC", text)
    if _SHOUTED.search(written.strip()):
        return SecretLevel.CONFIDENTIAL
    if (classed := _CLASSED.search(folded)) and not _is_denied(folded[: classed.start()]):
        return LEVELS[classed["level"]]
    if (phrase := _phrase(text, toned)) and not _is_denied(_before(_FOLDED_PHRASE, folded)):
        return phrase
    for stated in _STATED.finditer(folded):
        if not _is_denied(folded[: stated.start()]) and (level := _stated(stated, folded, toned)):
            return level
    in_capitals = text.strip(AROUND)[:3].isupper()
    is_handled = _COPIED.search(stamp) or (in_capitals and _HANDLED.search(stamp))
    if is_handled and _TONED.search(toned):
        return SecretLevel.CONFIDENTIAL
    if _STAMP_NAMED.search(toned) and not _is_denied(folded.partition("mat")[0]):
        return SecretLevel.CONFIDENTIAL
    listed = _LISTED.search(folded)
    is_listed = listed is not None and not _DENIED.search(folded[: listed.start()])
    return SecretLevel.CONFIDENTIAL if is_listed else None


def is_work_secret(folded: str) -> bool:
    """Whether a text says that it is a work secret (bí mật công tác), not that it is about such."""
    return any(not _is_denied(folded[: match.start()]) for match in _WORK_SECRET.finditer(folded))


def _is_denied(before: str) -> bool:
    return bool(_DENIED.search(before) or _ABOUT.search(before))


def _before(pattern: re.Pattern[str], folded: str) -> str:
    match = pattern.search(folded)
    return folded[: match.start()] if match else folded


def _phrase(text: str, toned: str) -> SecretLevel | None:
    """«TỐI MẬT» in capitals, whatever stands around it."""
    for match in _PHRASE.finditer(toned):
        if unicodedata.normalize("NFC", text)[match.start() : match.end()].isupper():
            top = match[0].startswith("tuyệt")
            return SecretLevel.TOP_SECRET if top else SecretLevel.SECRET
    return None


def _stated(stated: re.Match[str], folded: str, toned: str) -> SecretLevel | None:
    """The level in a sentence that says what the document is."""
    level, after = LEVELS[stated["level"]], folded[stated.end() :]
    if level is not SecretLevel.CONFIDENTIAL:
        return level if _ENDED.search(after) or _PHRASE.search(toned) else None
    # "Thông tin mất" is lost, not secret: without the word's own tone mark the lowest level is not believed.
    return level if _ENDED.search(after) and _TONED.search(toned) else None


def _stamped(text: str, stamp: str) -> SecretLevel | None:
    """The level of a text that is nothing but a marking, its letters spaced out or not."""
    plain = text.strip(AROUND)
    english = _ENGLISH.get(_APART.sub(" ", plain).upper())
    if english is not None and (plain.isupper() or english is SecretLevel.TOP_SECRET):
        return english
    if _JOINED.fullmatch(joined := _APART.sub("", stamp).replace("0", "o")):
        return SecretLevel.TOP_SECRET if "tuyetmat" in joined else SecretLevel.SECRET
    words = stamp.split()
    if len(words) > 1 and set(words) == {"mat"} and plain.isupper() and _is_toned(text):
        return SecretLevel.CONFIDENTIAL
    spaced = _SPACED.fullmatch(stamp) is not None
    if spaced:
        stamp, plain = joined, _APART.sub("", plain)
    level = LEVELS.get(stamp)
    if level is SecretLevel.CONFIDENTIAL and not spaced:
        # Honey and molasses are "Mật" in lists of products; a stamp is in capitals.
        return level if _is_toned(text) and plain in (plain.upper(), plain.lower()) else None
    if level is None and stamp == "bi mat nha nuoc":
        return SecretLevel.CONFIDENTIAL
    return level


def _is_high(text: str) -> bool:
    """Whether the high level is written with its tone marks, or in capitals without: «toi mat» may be a loss."""
    toned = toned_of(text)
    return bool(_PHRASE.search(toned) or (text.isupper() and _FOLDED_PHRASE.search(toned)))


def _is_toned(text: str) -> bool:
    return _TONED.search(toned_of(text)) is not None


def toned_of(text: str) -> str:
    """In small letters with their tone marks, letters of other scripts as they look."""
    return unicodedata.normalize("NFC", latin(text))
