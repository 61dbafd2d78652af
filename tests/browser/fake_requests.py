"""Requests, releases and erasures as policy and catalogue answer them, in the classes of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI

from services.catalogue.calendar.routes import Act as ReleaseAct
from services.catalogue.calendar.routes import Released
from services.catalogue.calendar.routes import Wanted as ReleasesWanted
from services.events.policy import ReleaseState
from services.kernel.auth import Principal
from services.kernel.problems import Problem
from services.model.messages import texts as message
from services.policy.decisions.refusals import Code
from services.policy.routes.erasures import Erasures, ErasureView, Ordered
from services.policy.routes.prereleases import PreReleases, PreReleaseView
from services.policy.routes.views import Judged, RequestView, Wanted
from tests.browser.fakes import FINANCE, FORBIDDEN, ROOM, START, identity, who_asks

Who = Annotated[Principal, Depends(who_asks)]


@dataclass
class Releases:
    """What the services know of them; tests change it."""

    requests: list[RequestView] = field(default_factory=list)
    released: list[Released] = field(default_factory=list)
    before: list[PreReleaseView] = field(default_factory=list)
    erasures: list[ErasureView] = field(default_factory=list)
    refused: Problem | None = None


def serve(app: FastAPI, releases: Releases) -> None:
    """Adds their routes."""
    _requests(app, releases)
    _released(app, releases)
    _erasures(app, releases)


def example() -> Releases:
    """What an office has of them on an ordinary day."""
    return Releases(
        requests=[
            asked("cho-xet", "policy.private-interest", purpose="Luận án <b>tiến sĩ</b> của tôi",
                  private_interest=True),
            asked("chua-co", "policy.absent", audience_id="so-tu-phap-dien-bien", submission_id=None,
                  period="2026", articles=[]),
            asked("da-cap", "policy.published", state=ReleaseState.GRANTED, audience_kind="room", audience_id=ROOM,
                  person="p-kinh-te", indicator_list="cv17809-1/1", indicator="38", area_list="63"),
            asked("tu-choi", "policy.harmful", state=ReleaseState.DENIED, audience_kind="user_group", audience_id="c",
                  person="p-kinh-te", judged_by="p-lanh-dao-2", is_harmless=False,
                  judgement_reason="Lộ thông tin của một hộ.", judged_at=START + timedelta(hours=2)),
        ],
        released=[published("2024"), published("2023", indicator="T0101")],
        before=[ahead("uy-ban-nhan-dan-dien-bien", "provincial_committee"), ahead("cuc-thong-ke", "national_office")],
        erasures=[
            erasure("cam"),
            erasure("thu", confirmed_by="p-lanh-dao", confirmed_at=START, erased=3, reason="Gửi <i>nhầm</i> tệp"),
        ],
    )  # fmt: skip


def asked(name: str, text: str, **more: Any) -> RequestView:
    """A request, as policy answers it."""
    article = {
        "instrument": "dien-bien-1618-2021",
        "article": "6",
        "clause": "4",
        "number": "1618/QĐ-UBND",
    }
    about = {
        "request_id": UUID(identity(name)), "decision": 1, "audience_kind": "agency", "audience_id": FINANCE,
        "person": "p-so-tai-chinh", "indicator_list": "dp", "indicator": "T0111", "area_list": "34",
        "area": "11", "period": "2025", "completeness": "official", "private_interest": False,
        "purpose": "Xây dựng báo cáo bình đẳng giới của tỉnh.", "basis": "Quy chế phối hợp, Điều 4",
        "judged_by": None, "is_harmless": None, "judgement_reason": None, "judgement_document": None,
        "judged_at": None, "state": ReleaseState.PENDING, "submission_id": UUID(identity("ket-hon")),
        "articles": [article], "message": text, "text": message(text).to_dict(), "asked_at": START,
        "decided_at": START + timedelta(hours=1),
    }  # fmt: skip
    return RequestView.model_validate(about | more)


def _requests(app: FastAPI, releases: Releases) -> None:
    @app.get("/v1/requests")
    def listed(
        who: Who, state: ReleaseState | None = None, limit: int = 50, offset: int = 0
    ) -> dict[str, Any]:
        found = [
            one
            for one in releases.requests
            if state in (None, one.state)
            and ("agency" not in who.roles or one.audience_id == who.organisation)
        ]
        return {"requests": found[offset : offset + limit]}

    @app.post("/v1/requests", status_code=201)
    def make(body: Wanted, who: Who) -> RequestView:
        _obey(releases)
        group = {"audience_kind": "user_group", "audience_id": body.user_group}
        own = {"audience_kind": "room", "audience_id": body.room or ROOM}
        whose = (
            group if body.user_group else own if who.rooms else {"audience_id": who.organisation}
        )
        said = body.model_dump(exclude={"room", "user_group"}, mode="json")
        made = asked(f"moi-{len(releases.requests)}", "policy.absent", **whose, **said, person=who.id,
                     submission_id=None, articles=[])  # fmt: skip
        releases.requests.insert(0, made)
        return made

    @app.post("/v1/requests/{id_}/judgement", status_code=202)
    def judge(id_: UUID, body: Judged, who: Who) -> RequestView:
        _obey(releases)
        place = _place([one.request_id for one in releases.requests], id_)
        judgement = {
            "judged_by": who.id, "is_harmless": body.is_harmless, "judgement_reason": body.reason,
            "judgement_document": body.document, "judged_at": START + timedelta(days=1),
            "state": ReleaseState.GRANTED if body.is_harmless else ReleaseState.DENIED,
        }  # fmt: skip
        releases.requests[place] = releases.requests[place].model_copy(update=judgement)
        return releases.requests[place]


def published(period: str, **more: Any) -> Released:
    """An act that published a figure, as catalogue answers it."""
    about = {
        "indicator_list": "dp", "indicator": "T0111", "area_list": "34", "area": "11", "period": period,
        "completeness": "official", "document_number": "15/TB-TKĐB", "document_date": "2026-11-20",
        "release_id": identity(f"cong-bo-{period}-{more.get('indicator')}"), "person": "p-lanh-dao",
        "released_at": START,
    }  # fmt: skip
    return Released.model_validate(about | more)


def ahead(audience: str, kind: str, **more: Any) -> PreReleaseView:
    """That somebody may read an attempt before it is published, as policy answers it."""
    article = {
        "instrument": "luat-thong-ke-89-2015",
        "article": "10",
        "clause": "1",
        "number": "89/2015/QH13",
    }
    about = {
        "audience_kind": kind, "audience_id": audience, "submission_id": identity("ket-hon"), "attempt": 1,
        "decision": 2, "sender": "so-tu-phap-dien-bien", "form": "t0111", "period": "2025",
        "completeness": "official", "articles": [article], "since": START,
    }  # fmt: skip
    return PreReleaseView.model_validate(about | more)


def _released(app: FastAPI, releases: Releases) -> None:
    @app.get("/v1/releases")
    def listed(
        who: Who, asked_for: Annotated[ReleasesWanted, Depends()], limit: int = 100
    ) -> list[Released]:
        equal = {name: value for name, value in vars(asked_for).items() if value is not None}
        found = [
            one for one in releases.released
            if all(getattr(one, name) == value for name, value in equal.items())
        ]  # fmt: skip
        return found[:limit]

    @app.post("/v1/releases", status_code=201)
    def release(body: ReleaseAct, who: Who) -> Released:
        _obey(releases)
        made = published(**body.model_dump(mode="json") | {"person": who.id})
        releases.released.insert(0, made)
        return made

    @app.get("/v1/pre-releases")
    def before(
        who: Who, audience: str | None = None, limit: int = 50, offset: int = 0
    ) -> PreReleases:
        if not who.roles & {"leader", "auditor"}:
            raise FORBIDDEN
        found = [one for one in releases.before if audience in (None, one.audience_id)]
        return PreReleases(pre_releases=found[offset : offset + limit])


def erasure(name: str, **more: Any) -> ErasureView:
    """An order to erase a submission's first attempt, as policy answers it."""
    about = {
        "erasure_id": identity(f"xoa-{name}"), "submission_id": identity(name), "attempt": 1,
        "ordered_by": "p-lanh-dao-2", "reason": "Theo yêu cầu của người được nêu tên", "document": "51/QĐ-TK",
        "ordered_at": START, "confirmed_by": None, "confirmed_at": None, "erased": None,
    }  # fmt: skip
    return ErasureView.model_validate(about | more)


def _erasures(app: FastAPI, releases: Releases) -> None:
    @app.get("/v1/erasures")
    def listed(who: Who) -> Erasures:
        if not who.roles & {"leader", "auditor"}:
            raise FORBIDDEN
        return Erasures(erasures=releases.erasures)

    @app.post("/v1/submissions/{id_}/erasure", status_code=202)
    def order(id_: UUID, body: Ordered, who: Who) -> ErasureView:
        _obey(releases)
        whose = {"submission_id": id_, "ordered_by": who.id}
        releases.erasures.insert(0, erasure(f"{id_}/{body.attempt}", **body.model_dump(), **whose))
        return releases.erasures[0]

    @app.post("/v1/erasures/{id_}/confirmation", status_code=202)
    def confirm(id_: UUID, who: Who) -> ErasureView:
        _obey(releases)
        place = _place([one.erasure_id for one in releases.erasures], id_)
        done = {"confirmed_by": who.id, "confirmed_at": START + timedelta(days=1), "erased": 3}
        releases.erasures[place] = releases.erasures[place].model_copy(update=done)
        return releases.erasures[place]


def _place(ids: Sequence[UUID], id_: UUID) -> int:
    return ids.index(id_)


def _obey(releases: Releases) -> None:
    if releases.refused:
        raise releases.refused


def refusal(code: Code) -> Problem:
    """What policy refuses with this code."""
    title, mend = code.texts
    return Problem(code.status, code.id, dict(title), dict(mend))
