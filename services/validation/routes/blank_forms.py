"""The blank workbook of a form for one of its senders, with what that sender reported before beside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session

from services.events.common import Head
from services.kernel import replica
from services.kernel.api import Context, With
from services.kernel.command import Refused
from services.model.codelist import Codelist
from services.model.form import Form
from services.model.text import Language
from services.validation.checking.facts import Facts
from services.validation.people.refusals import Code
from services.validation.reading.statement import Statement
from services.validation.routes.checks import Sender, Stated, asked
from services.validation.telling.figures import latest
from services.validation.telling.template import Reported, Wanted, template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
router = APIRouter(prefix="/v1/blank-forms", tags=["checks"])


@router.get(
    "",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    summary="Biểu trống, kèm số liệu đã gửi của kỳ trước · A blank form, with what was sent before",
)
def blank(
    context: With,
    access: Sender,
    stated: Annotated[Stated, Depends()],
    lang: Language = "vi",
) -> Response:
    """To be filled in for the period, with the asker's accepted figures of the period before and a year before.

    Those stand on a sheet of their own, which no check reads.
    404 for a form that the asker does not supply; 422 for a period that it is not for.
    """
    head, facts = asked(context, access.principal.organisation, stated, context.clock())
    form, statement = Form.from_dict(facts.form or {}), Statement.of(head)
    if not statement.suits(form):
        raise Refused(Code.NO_PERIOD)
    wanted = Wanted(statement.period, _area(context, head), stated.completeness, lang)
    before = Reported(statement, latest(one.past() for one in facts.history))
    name = f"{form.id}_{statement.period}".replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(
        template(form, wanted, _codelists(facts), before), media_type=XLSX, headers=headers
    )


def _codelists(facts: Facts) -> dict[str, Codelist]:
    return {name: Codelist.from_dict(body) for name, body in facts.codelists.items()}


def _area(context: Context, head: Head) -> tuple[str, str, str] | None:
    """As the form prints it; None for one that its list does not know."""
    with Session(context.engine) as session:
        entry = replica.get(session, "codelist", head.area_list)
    found = Codelist.from_dict(entry.body).by_code.get(head.area) if entry else None
    return (head.area_list, found.code, found.name.vi) if found else None
