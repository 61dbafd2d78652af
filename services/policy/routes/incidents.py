"""Suspected state secrets: who sent what when, and how a person ended it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.events.policy import IncidentClosed
from services.kernel.api import Context, context_of
from services.kernel.auth import Access, allowed
from services.policy.incidents import Closing, closed
from services.policy.refusals import Code, Refused
from services.policy.routes import queries
from services.policy.routes.views import Closed, Incidents, IncidentView, incident_view

With = Annotated[Context, Depends(context_of)]
Reader = Annotated[Access, Depends(allowed("incident.read"))]
Closer = Annotated[Access, Depends(allowed("incident.close"))]
router = APIRouter(prefix="/v1/incidents", tags=["incidents"])


@router.get("", summary="Nghi là bí mật nhà nước · Suspected state secrets")
def listed(
    context: With,
    access: Reader,
    open: Annotated[bool, Query(description="Only those that nobody has ended")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Incidents:
    """Those of the asker's rooms, or all; the newest first. Nothing of their content is left."""
    with Session(context.engine) as session:
        rows = queries.incidents(session, access, open, limit, offset)
        return Incidents(incidents=[incident_view(row) for row in rows])


@router.post("/{incident}/closing", status_code=202, summary="Kết thúc · End it")
async def close(incident: UUID, body: Closed, context: With, access: Closer) -> IncidentView:
    """202 once it is recorded and published, also for the same words sent again.

    403 for an incident of one's own organisation; 409 where it was ended otherwise before.
    """
    view, sequence = await run_in_threadpool(_close, context, access, incident, body)
    if sequence is not None:
        await context.relay.published(sequence)
    return view


def _close(
    context: Context, access: Access, incident_id: UUID, body: Closed
) -> tuple[IncidentView, int | None]:
    who, now = access.principal, context.clock()
    wish = Closing(who.id, body.outcome, body.reason, body.document)
    with Session(context.engine) as session, session.begin():
        row = queries.incident(session, access, incident_id)
        if row is None:
            raise Refused(Code.NO_INCIDENT).problem()
        if who.organisation == row.head["sender"]:
            raise Refused(Code.OWN_SUBMISSION).problem()
        if row.closed_at is not None:
            if (row.person, row.outcome, row.reason, row.document) != (
                wish.person,
                wish.ending,
                wish.reason,
                wish.document,
            ):
                raise Refused(Code.CLOSED_BEFORE).problem()
            return incident_view(row), context.outbox.unpublished(session)
        row.outcome, row.person, row.reason = wish.ending.value, wish.person, wish.reason
        row.document, row.closed_at = wish.document, now
        session.add(row)
        session.flush()
        outcome = closed(row, wish, now)
        return incident_view(row), context.outbox.write(
            session, outcome, uuid5(incident_id, IncidentClosed.TOPIC)
        )
