"""Made-up identifiers: built as real ones are, put together from common parts and drawn digits; nobody's."""

from __future__ import annotations

from random import Random

from services.policy.evidence.identifiers.shapes import PROVINCES, is_tax_code

_SURNAMES = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Lò", "Quàng", "Giàng"),
    *("Mùa", "Vàng", "Sùng", "Thào", "Hà", "Tòng", "Cà", "Lường"),
)
_MIDDLE = ("Văn", "Thị", "A", "Đức", "Minh", "Thanh", "Hữu", "Ngọc")
_GIVEN = ("Thử", "Giả", "Mẫu", "Lan", "Hùng", "Pó", "Dếnh", "Hương", "Sơn", "Thảo", "Ánh", "Dũng")
_PLACES = ("Thanh Nưa", "Mường Phăng", "Nà Tấu", "Pú Nhi", "Sín Chải")
_PREFIXES = ("Công ty TNHH", "Công ty cổ phần", "HTX", "Doanh nghiệp tư nhân", "Hộ kinh doanh")
_FIRMS = ("Thử Nghiệm", "Mẫu Xanh", "Giả Định", "Hoa Ban Mẫu", "Tây Bắc Thử")


def person(chance: Random) -> str:
    """A name as of a person."""
    return " ".join(chance.choice(part) for part in (_SURNAMES, _MIDDLE, _GIVEN))


def identity(chance: Random) -> str:
    """Twelve digits built as an identity number."""
    born = f"{chance.randrange(0, 2)}{chance.randrange(45, 99):02}"
    return f"{chance.choice(sorted(PROVINCES))}{born}{chance.randrange(10**6):06}"


def tax_code(chance: Random, first: str = "") -> str:
    """Ten digits with their check digit."""
    while True:
        nine = (first + f"{chance.randrange(10**9):09}")[:9]
        for last in "0123456789":
            if is_tax_code(nine + last):
                return nine + last


def phone(chance: Random) -> str:
    """A mobile number in one of the usual spellings."""
    digits = f"{chance.choice('35789')}{chance.randrange(10**8):08}"
    spelt = (
        f"0{digits}",
        f"0{digits[:3]}.{digits[3:6]}.{digits[6:]}",
        f"+84 {digits[:3]} {digits[3:]}",
    )
    return chance.choice(spelt)


def address(chance: Random) -> str:
    """A village or a street."""
    place = chance.choice(_PLACES)
    return chance.choice(
        (
            f"Bản {place} {chance.randrange(1, 9)}, xã {place}",
            f"Số {chance.randrange(1, 99)} đường {place}",
        )
    )


def latitude(chance: Random) -> str:
    """Degrees north, as a receiver prints them."""
    return f"{chance.uniform(20.9, 22.5):.{chance.choice((5, 6))}f}"


def longitude(chance: Random) -> str:
    """Degrees east, as a receiver prints them."""
    return f"{chance.uniform(102.2, 103.5):.{chance.choice((5, 6))}f}"


def seconds(chance: Random) -> str:
    """Degrees, minutes and seconds."""
    north, east = (
        f"{chance.choice(whole)}°{chance.randrange(60):02}'{chance.randrange(600) / 10:04}\""
        for whole in ((21, 22), (102, 103))
    )
    return f"{north}N {east}E"


def firm(chance: Random) -> str:
    """A name as of a firm."""
    return f"{chance.choice(_PREFIXES)} {chance.choice(_FIRMS)} {chance.randrange(1, 99)}"


def cut(number: str, at: int) -> tuple[str, ...]:
    """A number in two cells."""
    return number[:at], number[at:]


def two_names(chance: Random) -> tuple[str, ...]:
    """A name in two cells: all but the given name, and that."""
    return tuple(person(chance).rsplit(" ", 1))


def mobile(chance: Random) -> str:
    """Ten digits as of a mobile phone."""
    return f"0{chance.choice('35789')}{chance.randrange(10**8):08}"


def metres(chance: Random) -> tuple[str, ...]:
    """Northing and easting of VN-2000."""
    return f"{chance.uniform(2.3e6, 2.5e6):.2f}", f"{chance.uniform(4e5, 6e5):.2f}"
