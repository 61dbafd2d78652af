"""What is said of an identifier that was found: the cell and the kind, never the identifier."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# An event has at most 1 MB; a long list of cells tells a reader no more than its beginning.
from services.model.wording import MOST_CELLS


class Kind(StrEnum):
    """What a finding is; never what it says."""

    IDENTITY_NUMBER = "identity_number"
    TAX_CODE = "tax_code"
    PHONE = "phone"
    EMAIL = "email"
    BANK_ACCOUNT = "bank_account"
    PERSON_NAME = "person_name"
    HOUSEHOLD = "household"
    ORGANISATION_NAME = "organisation_name"
    ADDRESS = "address"
    COORDINATES = "coordinates"


@dataclass(frozen=True)
class Finding:
    """A cell that holds an identifier; never the identifier."""

    sheet: str
    cell: str
    kind: str


def shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first cells of each kind, so that no kind hides behind a long column of another."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    each = MOST_CELLS // max(len(kinds), 1)
    return tuple(finding for findings in kinds.values() for finding in findings[:each])
