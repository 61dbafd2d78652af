"""The releases for audiences: of figures that they asked for, and of what the office reports to them anyway. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.events.common import Article
from services.events.policy import AudienceKind, Copy, Release, ReleasedFigure, ReleasedFlags
from services.model.flags import Flags
from services.model.regulation import day
from services.policy.decisions.case import case_of
from services.policy.decisions.facts import Asked, Attempt, Facts
from services.policy.decisions.parts import STATES, Part, parts, rank
from services.policy.law.verdict import Audience, in_order


def standing(attempt: Attempt, facts: Facts, at: datetime) -> tuple[Release, ...]:
    """The releases of the whole attempt to those to whom the office reports it without a request."""
    about = (attempt.head, attempt.evidence, facts, day(at), attempt.waived)
    return tuple(
        _release(audience, part, part.articles, None)
        for audience in facts.standing
        for part in parts(case_of(*about, audience=audience), audience, attempt)
    )


def releases(asked: Iterable[tuple[Asked, tuple[Part, ...]]]) -> tuple[Release, ...]:
    """For each audience what of the figures is granted to it, or else pending, or else denied.

    That is one release, or where the flags differ one for each set of combinations and time before which it isn't.
    """
    audiences: dict[Audience, list[tuple[Asked, Part]]] = {}
    for one, found in asked:
        audiences.setdefault(one.audience, []).extend((one, part) for part in found)
    return tuple(
        release
        for audience in sorted(audiences, key=lambda audience: (audience.kind, audience.id))
        for release in _releases(audience, audiences[audience])
    )


def _releases(audience: Audience, found: list[tuple[Asked, Part]]) -> list[Release]:
    state = min((part.state for _, part in found), key=STATES.index)
    alike: dict[Part, list[tuple[Asked, Part]]] = {}
    for one, part in found:
        if part.state == state:
            alike.setdefault(replace(part, message="", articles=()), []).append((one, part))
    return [
        _release(
            audience,
            part,
            in_order(article for _, one in alike[part] for article in one.articles),
            tuple(figure.named() for figure in sorted({one.figure for one, _ in alike[part]})),
        )
        for part in sorted(alike, key=lambda release: (release.flags is not None, rank(release)))
    ]


def _release(
    audience: Audience,
    part: Part,
    articles: tuple[Article, ...],
    only: tuple[ReleasedFigure, ...] | None,
) -> Release:
    return Release(
        audience_kind=AudienceKind(audience.kind),
        audience_id=audience.id,
        state=part.state,
        copy=Copy.FULL,
        not_before=part.not_before,
        articles=articles,
        only=only,
        flags=None if part.flags is None else _named(part.flags),
    )


def _named(flags: Iterable[Flags]) -> tuple[ReleasedFlags, ...]:
    return tuple(ReleasedFlags(**vars(flag)) for flag in flags)
