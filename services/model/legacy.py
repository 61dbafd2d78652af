"""Vietnamese text from before Unicode: TCVN3 (ABC) and VNI, which only their fonts show as meant.

Such text comes as Latin-1 characters: "Bé Tµi chÝnh" is "Bộ Tài chính". It is surely that only where
its words become Vietnamese syllables that they weren't before.

Sources: TCVN 5712:1993, set VN3; the keyboard tables of VNI-Windows. Both are facts of encodings.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class Encoding(StrEnum):
    """An encoding from before Unicode, as people call it."""

    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI"


ENCODINGS = tuple(Encoding)
_TCVN3 = str.maketrans(
    "".join(map(chr, (*range(0xA1, 0xAF), *range(0xB5, 0xBA), *range(0xBB, 0xBF)))),
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắ",
) | {
    code: letter
    for first, letters in (
        (0xC6, "ặầẩẫấậè"),
        (0xCE, "ẻẽéẹềểễếệìỉ"),
        (0xDC, "ĩíịò"),
        (0xE1, "ỏõóọồổỗốộờởỡớợù"),
        (0xF1, "ủũúụừửữứựỳỷỹýỵ"),
    )
    for code, letter in enumerate(letters, first)
}
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE, _HORN = "\u0302", "\u0306", "\u031b"
_VNI_TONES = {"ù": _ACUTE, "ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ï": _DOT}
_VNI_ROOFS = {
    "aeo": {
        "â": "", "á": _ACUTE, "à": _GRAVE, "å": _HOOK, "ã": _TILDE, "ä": _DOT,
    },
    "a": {"ê": "", "é": _ACUTE, "è": _GRAVE, "ú": _HOOK, "ü": _TILDE, "ë": _DOT},
}  # fmt: skip
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni_table() -> dict[str, str]:
    """What one or two characters of VNI stand for, in both cases."""
    small = dict(_VNI_ALONE)
    for base, letter in (*zip("aeouy", "aeouy", strict=True), ("ô", "ơ"), ("ö", "ư")):
        small |= {base + mark: letter + tone for mark, tone in _VNI_TONES.items()}
    for (bases, marks), roof in zip(_VNI_ROOFS.items(), (_CIRCUMFLEX, _BREVE), strict=True):
        small |= {base + mark: base + roof + tone for base in bases for mark, tone in marks.items()}
    table = {key: unicodedata.normalize("NFC", text) for key, text in small.items()}
    table |= {key.upper(): text.upper() for key, text in table.items()}
    return table | {key[0].upper() + key[1:]: text.upper() for key, text in table.items()}


_VNI = _vni_table()
_VNI_PIECE = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_WORD = re.compile(r"[A-Za-z\u00a1-\uffff\u0300-\u036f]{2,}")
_RIMES = frozenset(
    re.findall(
        r"\S+",
        "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
        "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in "
        "inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen "
        "oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng "
        "uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt "
        "uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt "
        "yêu",
    )
)
_ONSET = re.compile(r"(?:ngh|ng|nh|gh|gi|kh|ch|ph|th|tr|qu|[bcdđghklmnprstvxq])?")
_STOPPED = ("c", "ch", "p", "t")
_TONES = frozenset((_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT))
_BEYOND_LATIN = re.compile("[\u0100-\u200f\u2027-\U0010ffff]")
STRANGE = re.compile("[¡-¿ÄÅÆÇËÎÏÐÑÖ×ØÛÜÞßäåæçëîïðñö÷øûüþÿ]")
"""Of Latin-1 what is no Vietnamese letter; without any of it in a workbook nothing is looked at."""
_SURE, _WRONG = 0.8, 0.7


def decoded(text: str, encoding: Encoding) -> str:
    """What Latin-1 text means in an encoding; characters outside it stay."""
    if encoding is Encoding.TCVN3:
        return text.translate(_TCVN3)
    return _VNI_PIECE.sub(lambda match: _VNI[match[0]], text)


def vietnamese_share(text: str) -> float:
    """Of the words with other letters than a to z the share that are Vietnamese syllables."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


@lru_cache(maxsize=65_536)
def is_syllable(word: str) -> bool:
    """Whether a word is a Vietnamese syllable by its spelling: onset, rime, and a tone that suits."""
    if word not in (word.lower(), word.upper(), word.capitalize()):
        return False
    letters = unicodedata.normalize("NFD", word.lower())
    if "n\u0303" in letters:
        return False
    tones = [mark for mark in letters if mark in _TONES]
    plain = unicodedata.normalize(
        "NFC", "".join(letter for letter in letters if letter not in _TONES)
    )
    if len(tones) > 1:
        return False
    onset = _ONSET.match(plain)
    rests = {plain, plain[onset.end() :] if onset else plain, plain[1:]}
    if not rests & _RIMES:
        return False
    return not plain.endswith(_STOPPED) or not tones or tones[0] in (_ACUTE, _DOT)


def evident(text: str) -> Encoding | None:
    """The encoding that text is surely in: its words are no syllables, but would be."""
    if not is_latin(text) or vietnamese_share(text) > _WRONG:
        return None
    shares = {encoding: vietnamese_share(decoded(text, encoding)) for encoding in ENCODINGS}
    best = max(shares, key=lambda share: shares[share])
    return best if shares[best] >= _SURE and decoded(text, best) != text else None


def is_latin(text: str) -> bool:
    """Whether its characters are Latin-1, besides quotation marks and dashes, and not only ASCII."""
    return not text.isascii() and not _BEYOND_LATIN.search(text)
