"""What single texts look like: numbers with their structure and check digit, names, addresses.

All functions take *folded* text: lower case, without tone marks, đ as d (see `scan.fold`).
"""

import re

# Provinces of birth in an identity number, as before 1/7/2025 (three digits, the list of 63).
_PROVINCES = """
    001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036
    037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075
    077 079 080 082 083 084 086 087 089 091 092 093 094 095 096"""
PROVINCES = frozenset(_PROVINCES.split())
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)

# A long number stands alone: not a part of a longer one, and not the digits of a decimal.
IDENTITY = re.compile(r"(?<![\d.,])\d{3}(?:[ .\-]?\d{3}){3}(?!\d|[.,]\d)")
# The same grouped otherwise, by one mark throughout; dates are, too, but have single digits or another mark.
GROUPED = re.compile(
    r"(?<![\d.,])(?<!\d[ _/·'\-])\d{2,6}([ ._/·'\-])\d{2,6}(?:\1\d{2,6})*(?![\d.,]|\1\d)"
)
TAX = re.compile(r"(?<![\d.,])(\d{10})(?:( ?- ?)?\d{3})?(?!\d|[.,]\d)")
PHONE = re.compile(
    r"(?<![\d.,])(?:\+84|0)(?:[ .\-()]{0,2}[35789](?:[ .\-()]{0,2}\d){8}"
    r"|[ .\-()]{0,2}2(?:[ .\-()]{0,2}\d){9})(?!\d|[.,]\d)"
)
# Long numbers in one text with nothing but a comma between them.
COMMA = re.compile(r"(?<=\d{9}),(?=[+\d]\d{8})")
EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9][a-z0-9._%+\-]{0,63}@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}"
)
BETWEEN = re.compile(r"[ ._/·'\-]")
# `name (at) host . vn`: written so that no program finds it.
_AT = re.compile(r" ?(?:@|[(\[{] ?(?:at|a cong) ?[)\]}]) ?")
_DOT = re.compile(r" ?[(\[{] ?(?:dot|cham) ?[)\]}] ?| \. ")
HONORIFIC = re.compile(r"^(?:ho )?(?:ong|ba|anh|chi|chau)[ :.]+")
# Where the address begins that stands behind a name in one text.
_BEHIND = re.compile(r" ?[,;(]| [\-–—] ")

_COMMON = """
    nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh doan trinh mai dao
    luong luu phung ta trieu tang mac nong hua giap quach kieu chu cam dieu mao khoang vi lo quang
    ca vang giang mua sung thao hang lau cu pao chao deo hu lu hau cha vua ngai po sin lieu khuat
    khuc lam truong ton tieu vuong tham thach"""
# These begin labels and names of places too: alone they say nothing.
_AMBIGUOUS = "to cao thai la tu ha bac tong tan ma phu ban quan gia van son danh kim tien"
CERTAIN = frozenset(_COMMON.split())
SURNAMES = CERTAIN | frozenset(_AMBIGUOUS.split())
_WORD = re.compile(r"[a-z][a-z'’\-]*")
FIRM = (
    r"^(?:(?:tong )?cong ty|cty|ctcp|tnhh|dntn|doanh nghiep tu nhan|hop tac xa|htx|ho kinh doanh|hkd"
    r"|cua hang|chi nhanh|lien hiep|tap doan|co so san xuat|xi nghiep)\b"
    r"|\b(?:company|co\.?,? ?ltd|jsc|llc|corporation|inc)\b"
)
_FIRM = re.compile(FIRM)
_FORMS = """
    tong cong ty cty ctcp tnhh dntn doanh nghiep tu nhan hop tac xa htx ho kinh hkd cua hang chi nhanh
    lien hiep tap doan co so san xuat xi phan cp mtv mot hai thanh vien tro len danh nha nuoc von fdi
    khong trung uong dia phuong nong lam thuy viet nam"""
_LEGAL_FORMS = frozenset(_FORMS.split())
_PLACE = re.compile(
    r"\b(?:thon|ban|xom|ap|to|khu|pho|duong|ngo|ngach|hem|so nha|phuong|xa|thi tran|huyen|quan|tinh"
    r"|tp|buon|lang|street|st|road|ward|commune|district|province)\b"
)


def is_identity_number(number: str, year: int) -> bool:
    """Whether twelve digits are built as a citizen's identity number known by `year`.

    Three digits of the province of birth, one of century and sex, two of the year of birth, six.
    """
    if len(number) != 12 or number[:3] not in PROVINCES:
        return False
    born = 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])
    return year - 120 <= born <= year


def is_tax_code(number: str) -> bool:
    """Whether ten digits (three more for a branch) carry the right check digit."""
    if len(number) not in (10, 13) or not number.isdecimal():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, number, strict=False))
    return int(number[9]) == 10 - total % 11


def compact(number: str) -> str:
    """The digits without the marks between them."""
    return BETWEEN.sub("", number)


# What stands around a name in a list: its number, a title; a year, a remark.
BEFORE_NAME = r"^\W*(?:\d{1,4} ?[.):\-] ?)?(?:(?i:bs|ths|ts|pgs|gs|ks|cn|dr|mr|mrs|ms)\. ?)*"
BEHIND_NAME = r" ?(?:[,;(].*| [\-–—] .*|(?i:sinh |sn ?|năm |nam )*\(?(?:19|20)\d\d\)?)$"
BORN = r"[ ,;(]*(?i:sinh |sn ?|năm |nam )*(?:19|20)\d\d\)?$"
_BEFORE_NAME, _BEHIND_NAME = re.compile(BEFORE_NAME), re.compile(BEHIND_NAME)


def is_listed_person(folded: str, text: str) -> bool:
    """Whether a name stands there, as lists have them: with a number, a title, a year or a remark."""
    return is_person(bare_name(folded), bare_name(text))


def bare_name(text: str) -> str:
    """A text without what stands around a name in a list."""
    return _BEHIND_NAME.sub("", _BEFORE_NAME.sub("", text))


def is_person(folded: str, text: str) -> bool:
    """Whether it is written like a person's name: two to six words, a surname first or capitals."""
    words = folded.split()
    if not 2 <= len(words) <= 6 or not all(_WORD.fullmatch(word) for word in words):
        return False
    return words[0] in SURNAMES or all(word[0].isupper() for word in text.split())


def is_person_without_heading(folded: str, text: str) -> bool:
    """The same where no heading says so: three words or more, a surname and capitals."""
    words = folded.split()
    capitals = all(word[0].isupper() for word in text.split())
    return len(words) >= 3 and words[0] in CERTAIN and capitals and is_person(folded, text)


def may_be_person(folded: str, text: str) -> bool:
    """Whether it would be one beside others that are: a surname that places begin with too, and capitals."""
    words = folded.split()
    capitals = all(word[0].isupper() for word in text.split())
    return len(words) >= 3 and words[0] in SURNAMES and capitals and is_person(folded, text)


def mail_written_out(folded: str) -> str:
    """An address of mail as programs write it, of one that was made unlike that."""
    return _DOT.sub(".", _AT.sub("@", folded))


def is_person_with_address(folded: str, text: str) -> bool:
    """Whether a name, of three words or behind an honorific, is followed by where the person lives."""
    title = HONORIFIC.match(folded)
    start = title.end() if title else 0
    behind = _BEHIND.search(folded, start)
    if behind is None or text[start : start + 1].lower() == "đ":  # «Đường» folds to a surname
        return False
    name, address = folded[start : behind.start()].strip(), folded[behind.end() :]
    written = text[start : behind.start()].strip()
    words = name.split()
    enough = len(words) >= (2 if title else 3) and words[0] in CERTAIN
    capitals = all(word[0].isupper() for word in written.split())
    return enough and capitals and is_person(name, written) and _PLACE.search(address) is not None


def is_firm_without_heading(folded: str, text: str) -> bool:
    """The same where no heading says so: after the words of its legal form stands a proper name."""
    if not is_firm(folded) or len(folded.split()) != len(text.split()):
        return False
    words = zip(folded.split(), text.split(), strict=True)
    return any(
        word[0].isupper() and plain.strip("(),.") not in _LEGAL_FORMS for plain, word in words
    )


def is_firm(folded: str) -> bool:
    """Whether it begins as the name of an enterprise does."""
    return len(folded.split()) >= 2 and _FIRM.search(folded) is not None


def is_address(folded: str) -> bool:
    """Whether it names a place: a word for one, or parts between commas, and more than one word."""
    words = folded.split()
    if len(words) < 2 or not any(word[0].isalpha() for word in words):
        return False
    numbered = words[0][0].isdecimal() and len(words) >= 3
    return numbered or _PLACE.search(folded) is not None or folded.count(",") >= 1
