"""Suspected state secrets: who sent what when, and how a person ended it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session

from services.events.policy import IncidentClosed
from services.kernel.api import Limit, Offset, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Refused, carried_out
from services.policy.decisions.incidents import Closing, close
from services.policy.decisions.refusals import Code
from services.policy.routes import queries
from services.policy.routes.views import Closed, Incidents, IncidentView, incident_view

Reader = Annotated[Access, Depends(allowed("incident.read"))]
Closer = Annotated[Access, Depends(allowed("incident.close"))]
router = APIRouter(prefix="/v1/incidents", tags=["incidents"])


@router.get("", summary="Nghi là bí mật nhà nước · Suspected state secrets")
def listed(
    context: With,
    access: Reader,
    open: Annotated[bool, Query(description="Only those that nobody has ended")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Incidents:
    """Those of the asker's rooms, or all; the newest first. Nothing of their content is left."""
    with Session(context.engine) as session:
        rows = queries.incidents(session, access, open, limit, offset)
        return Incidents(incidents=[incident_view(row) for row in rows])


@router.post("/{incident}/closing", status_code=202, summary="Kết thúc · End it")
async def end(incident: UUID, body: Closed, context: With, access: Closer) -> IncidentView:
    """202 once it is recorded and published, also for the same words sent again.

    403 for an incident of one's own organisation; 409 where it was ended otherwise before.
    """

    def act(session: Session, now: datetime) -> IncidentView:
        who, row = access.principal, queries.incident(session, access, incident)
        if row is None:
            raise Refused(Code.NO_INCIDENT)
        if who.organisation == row.head.sender:
            raise Refused(Code.OWN_SUBMISSION)
        outcome = close(row, Closing(person=who.id, **body.model_dump()), now)
        if outcome is not None:
            session.add(row)
            context.outbox.write(session, outcome, uuid5(incident, IncidentClosed.TOPIC))
        return incident_view(row)

    return await carried_out(context, act)
