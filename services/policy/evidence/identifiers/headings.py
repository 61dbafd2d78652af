"""Words that announce identifiers: headings of columns and labels beside cells, in both languages.

Patterns are for folded text, so that they find every spelling of the tone marks.
"""

import re

from services.policy.evidence.finding import Kind

HEADINGS: dict[Kind, str] = {
    Kind.IDENTITY_NUMBER: r"\b(?:cccd|cmnd|cmtnd|cmt|can cuoc|chung minh (?:nhan dan|thu)"
    r"|dinh danh|ho chieu|giay to tuy than|gttt|identity|id (?:card|no|number)|citizen id|passport"
    r"|(?:ma )?so (?:so )?(?:bhxh|bao hiem xa hoi)|the (?:bhyt|bao hiem y te)|gplx|giay phep lai xe)\b",
    Kind.TAX_CODE: r"\b(?:ma so thue|mst|msdn|ma so (?:doanh nghiep|dn|ho kinh doanh)"
    r"|ma (?:doanh nghiep|dn)|tax (?:code|id|identification|number))\b",
    Kind.PHONE: r"\b(?:dien thoai|sdt|so dt|di dong|phone|mobile|telephone|tel|zalo)\b",
    Kind.BANK_ACCOUNT: r"\b(?:so tai khoan|stk|so tk|tk so|tai khoan so|tai khoan ngan hang|tai khoan the"
    r"|bank account|account (?:no|number))\b",
    Kind.HOUSEHOLD: r"\b(?:chu ho|ma (?:so )?ho(?: gia dinh| khau| dan)?|so so ho khau|ho khau so|ho gia dinh so"
    r"|household (?:head|id|no|number|code)|head of (?:the )?household|householder)\b",
    Kind.PERSON_NAME: r"\b(?:ho va ten|ho ten|ho, ten|ho & ten|ho,? chu dem va ten|ten khach hang"
    r"|nguoi (?:vay|huong|mua|ban|lao dong) *\(ho ten\)|customer name|beneficiary|chu doanh nghiep|chu dn|chu so huu"
    r"|chu co so|chu nhiem|nguoi dai dien|dai dien (?:theo )?phap luat|ten nguoi|ten ca nhan"
    r"|chu dau tu|nguoi nop thue|full name|owner|owners|owner's name|legal representative"
    r"|representative|proprietor|investor|taxpayer|director's name|person's name)\b",
    Kind.ORGANISATION_NAME: r"\b(?:ten (?:doanh nghiep|dn|cong ty|co so|ho kinh doanh|hop tac xa"
    r"|htx|to chuc)|nguoi nop thue|chu dau tu|name of (?:the )?(?:enterprise|company|firm|business)"
    r"|(?:enterprise|company|firm|business) name|investor|taxpayer)\b",
    Kind.ADDRESS: r"\b(?:dia chi|thuong tru|noi o|cho o|ho khau|tru so|address|residence|domicile)\b",
    Kind.COORDINATES: r"\b(?:toa do|kinh do|vi do|vn-? ?2000|gps|wgs ?-?84|latitude|longitude|coordinates?)\b"
    r"|^(?:lat|lng)\.?$",
}
ANY = "|".join(HEADINGS.values())
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in HEADINGS.items()}
LONGEST = 120

# Words of counting turn a heading into an indicator: "Số doanh nghiệp", "Tỷ lệ hộ".
_COUNTED = re.compile(
    r"^(?:\W*\d*\W*)(?:tong so|so luong|so nguoi|so ho|so chu|so doanh nghiep|so co so|so cong ty"
    r"|so tai khoan (?:ca nhan|to chuc|mo|the|thanh toan|dang)"
    r"|ty le|ti le|co cau|doanh thu|san luong|gia tri|dien tich|chi phi|von|number of|share of"
    r"|total|percentage)\b"
)
_COUNTED_PHONE = re.compile(r"\b(?:thue bao|dich vu|subscribers?|doanh thu|thiet bi|linh kien)\b")
# "(Ký, ghi rõ họ tên)" asks for a signature: the name below signs the form.
_SIGNATURE = re.compile(
    r"(?<!dang )\bky\b(?! (?:nay|truoc|sau|bao cao|ke toan|han|thu|thanh toan|luong))|\bghi ro\b|\bsign|dong dau"
)
_CONTACT = re.compile(
    r"\b(?:dien thoai|sdt|dt|tel|phone|fax|e ?-?mail|lien he|hotline|website|hop thu|contact)\b"
)
# One column for the family name and one for the given name, side by side.
FAMILY = (
    r"^(?:ho|ho (?:va )?(?:ten |chu )?(?:dem|lot)|ho va ten|ho ten|surname|family name|last name)$"
)
GIVEN = r"^(?:ten|ten goi|given names?|first name)$"
PERSON_LABEL = re.compile(
    r"\b(?:(?:ho va ten|ho ten|chu ho|chu doanh nghiep|chu co so|owner|full name)\b *[:\-]"
    r"|ho (?:ong|ba)\b) *(?P<name>[^;,:0-9]+)"
)

BETWEEN = r"(?:\W{0,3}(?:so|la|vcb|bidv|mb|acb|tcb|vib|[a-z]{2,8}bank)\b)?\W{0,3}"
"""What stands between a label and its number: «CMND: số …», «Số tài khoản: Agribank …»."""
LABELLED_NUMBERS = {
    kind: re.compile(rf"(?:{HEADINGS[kind]}){BETWEEN}(?:{value})(?![\d.,]*\d)")
    for kind, value in (
        (
            Kind.IDENTITY_NUMBER,
            r"\d(?:[ .\-]?\d){8}(?:[ .\-]?\d{3})?|\d{10}|[a-z]\d{7}|[a-z]{2}\d{13}",
        ),
        (Kind.TAX_CODE, r"\d{10}(?: ?-? ?\d{3})?|\d{12}"),
        (Kind.BANK_ACCOUNT, r"\d(?:[ .\-]?\d){7,18}"),
    )
}
"""Label and number within one text, such as `STK 19012345678`."""


def kinds_of(folded: str) -> tuple[Kind, ...]:
    """What a heading announces; nothing where it counts, asks to sign, or is too long to be one."""
    if len(folded) > LONGEST or _SIGNATURE.search(folded) or _COUNTED.search(folded):
        return ()
    kinds = [kind for kind, pattern in _PATTERNS.items() if pattern.search(folded)]
    if Kind.PHONE in kinds and _COUNTED_PHONE.search(folded):
        kinds.remove(Kind.PHONE)
    return tuple(kinds)


def is_contact(folded: str) -> bool:
    """Whether a text is a line that tells how to reach the sender."""
    return _CONTACT.search(folded) is not None
