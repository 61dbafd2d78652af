"""What a person asks a service to do: decided like an event, answered once what follows is committed and published.

A route says who may, a module of decisions what follows. Between the two stands `carried_out`, and nothing else: it
gives the transaction, and waits for the broker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import Session

from services.kernel.problems import Problem

if TYPE_CHECKING:
    from services.kernel.api import Context

T = TypeVar("T")
WORDS = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""No control characters but line breaks and tabs."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=WORDS)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=WORDS)
]


def words_sha256(words: str) -> str:
    """What events have in place of a person's words, which may hold names and figures: their SHA-256 in hex."""
    return sha256(words.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a person says with a command: who, why, and on which document that rests.

    The words stay with the service that was told.
    """

    person: str
    reason: str
    document: str | None = None

    @property
    def reason_sha256(self) -> str:
        """What events have in place of the reason."""
        return words_sha256(self.reason)

    def repeats(self, before: Act) -> bool:
        """Whether the same person said the same before: it is sent again, because the first answer got lost."""
        words = self.person, self.reason, self.document
        return words == (before.person, before.reason, before.document)


class Body(BaseModel):
    """What a route takes: a field that it doesn't know is refused."""

    model_config = ConfigDict(extra="forbid")


class Reasoned(Body):
    """A command that says why. Of the reason only the hash is published; the words stay here."""

    reason: Words = Field(examples=["Đã đối chiếu với văn bản gốc."])
    document: Name | None = Field(None, examples=["12/TKĐB-TH"])


class Code(Enum):
    """Why a service refuses a command, and the HTTP status that says so: each service has an enum of its own."""

    def __init__(self, id_: str, status: int) -> None:
        self.id = id_
        self.status = status

    @property
    def texts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What is wrong and how to mend it, each by language."""
        raise NotImplementedError


class Refused(Problem):
    """The command is refused, and nothing was changed; `more` goes into the answer (RFC 9457)."""

    def __init__(self, why: Code, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(why.status, why.id, *why.texts, headers, **more)
        self.why = why


async def carried_out(
    context: Context,
    act: Callable[[Session, datetime], T],
    then: Callable[[T], object] | None = None,
) -> T:
    """What `act` answers, once all that it wrote is committed, and acknowledged by the broker.

    A command that is repeated writes nothing, and waits like the first. `then` follows the commit, before the wait.
    Raises what `act` raises: nothing was changed then. While the broker is away the answer is 503, and the outbox goes
    on: to send the same again is safe.
    """
    answer, sequence = await run_in_threadpool(_committed, context, act, then)
    if sequence is not None:
        await context.relay.published(sequence)
    return answer


def _committed(
    context: Context,
    act: Callable[[Session, datetime], T],
    then: Callable[[T], object] | None,
) -> tuple[T, int | None]:
    with Session(context.engine) as session, session.begin():
        answer = act(session, context.clock())
        sequence = context.outbox.awaited(session)
    if then is not None:
        then(answer)
    return answer, sequence
