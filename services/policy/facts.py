"""The facts that policy decides from, as they are loaded: comparable, so that a change is seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.model.regulation import Instrument
from services.policy.headings import Kind
from services.policy.policies import Verdict

# What the columns of a form may ask for, and the kinds of identifiers that this allows.
DEMANDS: Mapping[str, frozenset[Kind]] = {
    "name": frozenset({Kind.PERSON_NAME, Kind.ORGANISATION_NAME, Kind.HOUSEHOLD}),
    "address": frozenset({Kind.ADDRESS}),
    "personal_id": frozenset({Kind.IDENTITY_NUMBER}),
    "tax_code": frozenset({Kind.TAX_CODE}),
    "phone": frozenset({Kind.PHONE}),
    "email": frozenset({Kind.EMAIL}),
    "bank_account": frozenset({Kind.BANK_ACCOUNT}),
}


@dataclass(frozen=True)
class FormFacts:
    """What policy asks of a form: whose it is, its regime, and the identifiers that it demands."""

    province: str | None
    regime: str
    demanded: frozenset[str]
    recipients: frozenset[str]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "FormFacts":
        """From the catalogue's entry. Without a list of recipients it is for the compilers."""
        columns = [column for table in body["tables"] for column in table["columns"]]
        asked = {column["identifier"] for column in columns if column.get("identifier")}
        demanded = {kind.value for one in asked for kind in DEMANDS.get(one, ())}
        recipients = frozenset(body.get("recipients", ("compilers",)))
        return cls(body.get("province"), body["regime"], frozenset(demanded), recipients)


@dataclass(frozen=True)
class Earlier:
    """An attempt that was decided before, with the head of its events."""

    attempt: int
    verdict: Verdict
    head: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What `store.load` knows; `instruments` are all that the catalogue has, of any day."""

    form: FormFacts | None
    sender_known: bool
    instruments: tuple[Instrument, ...]
    earlier: tuple[Earlier, ...] = ()
    last_decision: int = 0
    current_attempt: int | None = None
