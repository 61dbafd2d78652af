"""State secrets: what may be kept of one is four fields, and the article that forbids the rest. Pure but for `load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from services.intake.refusal import Code, Refusal
from services.kernel import replica
from services.model.messages import texts
from services.model.regulation import Instrument, day, governing
from services.model.statement import SecretDocument
from services.model.wording import law

REQUIREMENT = "R18"
"""State secrets must not reach this system."""
REASON = "policy.state-secret"
_OF_NO_ONE = {"form": None, "area": None, "period": None}
"""What a statement says besides could tell what the secret is about."""


@dataclass(frozen=True)
class Ban:
    """The article that forbids it; empty where the catalogue has none in force."""

    instrument: str | None = None
    number: str | None = None
    article: str | None = None
    clause: str | None = None

    def reason(self) -> dict[str, Any]:
        """The ban as a reason of an answer."""
        return {
            "requirement": REQUIREMENT,
            "instrument": self.instrument,
            "number": self.number,
            "article": self.article,
            "clause": self.clause,
            "text": texts(REASON).to_dict(),
        }


@dataclass(frozen=True)
class Facts:
    """What the catalogue says: the ban of that day, and whether it has the sender and the receiver."""

    ban: Ban
    sender_known: bool
    receiver_known: bool


def load(session: Session, sender: str, document: SecretDocument | None, now: datetime) -> Facts:
    """The facts about a secret of this sender."""
    organisation = replica.get(session, "organisation", sender)
    receiver = document and replica.get(session, "organisation", document.receiver)
    instruments = [
        Instrument.from_dict(entry.body) for entry in replica.all_of(session, "regulation")
    ]
    province = organisation.body.get("province") if organisation else None
    return Facts(
        ban(instruments, province, now),
        sender_known=organisation is not None and organisation.in_force(now),
        receiver_known=bool(receiver and receiver.in_force(now)),
    )


def ban(instruments: list[Instrument], province: str | None, now: datetime) -> Ban:
    """The article in force: of the sender's province, else national."""
    found = governing(instruments, REQUIREMENT, province, day(now))
    if found is None:
        return Ban()
    instrument, article = found
    return Ban(instrument.id, instrument.number, article.article, article.clause)


def refusal(facts: Facts, document: SecretDocument | None) -> Refusal:
    """The refusal of what the sender declares a state secret."""
    ban = facts.ban
    if ban.article is None:
        wording, values = "intake.state_secret_at_all", {}
    else:
        wording = ""
        values = {"law": law(ban.number or "", ban.article, ban.clause)}
    kept = stub(facts, document)
    return Refusal(Code.STATE_SECRET, values, {"reasons": [ban.reason()]}, wording, kept)


def stub(facts: Facts, document: SecretDocument | None) -> Mapping[str, Any]:
    """What the record and the event keep; a receiver that is no organisation could be a person's name."""
    law = {name: getattr(facts.ban, name) for name in ("instrument", "article", "clause")}
    if document is None:
        return _OF_NO_ONE | law
    return _OF_NO_ONE | law | {
        "document_number": document.document_number,
        "secret_level": document.level.value,
        "secret_date": document.date.isoformat(),
        "secret_receiver": document.receiver if facts.receiver_known else None,
    }  # fmt: skip
