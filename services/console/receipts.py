"""A receipt checked step by step, with what each step proves and what it does not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from services.console import standing, words
from services.model import verifier
from services.model.messages import text
from services.model.text import Language
from services.model.verifier import Checkpoint, ProofError, Reason, Verified


class Step(StrEnum):
    """What is checked, in the order of the verifier."""

    WHOLE = "whole"
    LOG = "log"
    EVENTS = "events"
    ATTEMPT = "attempt"
    SIGNED = "signed"
    FILE = "file"
    VERDICT = "verdict"


FAILING: Mapping[Reason, Step] = {
    Reason.FORMAT: Step.WHOLE,
    Reason.DIGEST: Step.WHOLE,
    Reason.CHECKPOINT: Step.LOG,
    Reason.CONSISTENCY: Step.LOG,
    Reason.LEAF: Step.EVENTS,
    Reason.INCLUSION: Step.EVENTS,
    Reason.SUBMISSION: Step.ATTEMPT,
    Reason.STATEMENT: Step.SIGNED,
    Reason.KEY: Step.SIGNED,
    Reason.SIGNATURE: Step.SIGNED,
    Reason.ORIGINAL: Step.FILE,
    Reason.VERDICT: Step.VERDICT,
}
"""Which step it is that doesn't hold."""


class Result(StrEnum):
    """How a step ended; `open` where it was not come to, or nothing is known to compare with."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


TONES: Mapping[Result, str] = {Result.HOLDS: "good", Result.FAILS: "bad", Result.OPEN: "ahead"}


@dataclass(frozen=True)
class Known:
    """What a receipt is compared with: the log's state of now, how the two hang together, and the file."""

    checkpoint: Checkpoint | None = None
    consistency: Mapping[str, Any] | None = None
    original: bytes | None = None


@dataclass(frozen=True)
class Checked:
    """What came of it. `verified` and `received` are None where the receipt proves nothing."""

    steps: Sequence[tuple[Step, Result]]
    reason: Reason | None
    verified: Verified | None
    received: Mapping[str, Any] | None

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts it."""
        return self.reason is None


def checked(receipt: Mapping[str, Any], about: tuple[str, int], known: Known) -> Checked:
    """The steps of a receipt that has to be about this submission and attempt."""
    try:
        verified = verifier.verify_receipt(
            receipt, known.original, None, known.checkpoint, known.consistency
        )
        if (verified.submission, verified.attempt) != about:
            raise ProofError(Reason.SUBMISSION)
        if known.checkpoint and not verified.proved:
            # It is longer than the log: made up, or the log was cut off. It may well be consistent in itself.
            raise ProofError(Reason.CHECKPOINT)
    except ProofError as error:
        if error.reason is Reason.ORIGINAL:
            return _of_another_file(checked(receipt, about, replace(known, original=None)))
        return refuted(error.reason, known)
    received = next(one for one in verified.events if one.topic == verifier.RECEIVED)
    fields = verifier.fields_of(received.value, verifier.RECEIVED_LAYOUT)
    open_ = set() if verified.proved else {Step.LOG}
    steps = [(step, Result.OPEN if step in open_ else Result.HOLDS) for step in _asked(known)]
    return Checked(steps, None, verified, fields | {"at": received.time})


def refuted(reason: Reason, known: Known) -> Checked:
    """What holds before the step that fails, which then is the last that was looked at."""
    failing = FAILING[reason]
    asked = _asked(known)
    at = asked.index(failing)
    results = [Result.HOLDS] * at + [Result.FAILS] + [Result.OPEN] * (len(asked) - at - 1)
    steps = [
        (step, Result.OPEN if step is Step.LOG and known.checkpoint is None else result)
        for step, result in zip(asked, results, strict=True)
    ]
    return Checked(steps, reason, None, None)


def _of_another_file(found: Checked) -> Checked:
    """What the receipt is without the file, which alone is wrong where nothing else is."""
    if not found.holds:
        return found
    steps = [*found.steps, (Step.FILE, Result.FAILS)]
    order = list(Step)
    steps.sort(key=lambda one: order.index(one[0]))
    return replace(found, steps=steps, reason=Reason.ORIGINAL)


def why(found: Checked, language: Language) -> str:
    """What is wrong, in words; blank where nothing is."""
    return text(f"audit.unproved.{found.reason.value}", language) if found.reason else ""


def verdict(verified: Verified, language: Language) -> str:
    """«được chấp nhận»."""
    return text(f"audit.verdict.{verified.verdict}", language)


def events(verified: Verified, language: Language) -> list[tuple[datetime, str]]:
    """When what was entered into the log."""
    say = words.sayer(language)
    return [(one.time, _event(one.topic, say)) for one in verified.events]


def hash_of(content: bytes) -> str:
    """As receipts write it."""
    return sha256(content).hexdigest()


def _event(topic: str, say: words.Say) -> str:
    if topic in verifier.PERSONS:
        return say(f"receipt.event.{topic}")
    state = topic.removeprefix(verifier.PATH_TOPICS)
    return say(f"step.{state}") if state in standing.TONES else topic


def _asked(known: Known) -> list[Step]:
    return [step for step in Step if step is not Step.FILE or known.original is not None]
