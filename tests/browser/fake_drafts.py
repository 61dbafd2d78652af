"""Drafts and their signatures as intake and catalogue answer them: the signature is verified as intake does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from services.intake.drafts.draft import About, Draft, Prepared, Sent
from services.intake.drafts.views import DraftView
from services.kernel.auth import Principal
from services.kernel.problems import Problem
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification, Nil, NilKind, public_key, to_sign, verify
from services.model.text import plain
from tests.browser.fakes import ABSENT, NAMES, START, identity, texts, who_asks

Who = Annotated[Principal, Depends(who_asks)]
SAME = Problem(
    403,
    "same-person",
    texts("Người lập không tự ký được bản này", "Who prepared it can't sign it"),
    texts("Nhờ người ký khác của cơ quan.", "Ask another signatory."),
)

SENT = Problem(
    409,
    "draft-sent",
    texts("Bản này đã gửi", "This draft was sent"),
    texts("Xem ở mục hồ sơ.", "See the submissions."),
)


@dataclass
class Drafts:
    """What the services know of drafts and keys; tests change it."""

    found: dict[str, tuple[Draft, bytes]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    signed: list[str] = field(default_factory=list)
    refused: Problem | None = None
    is_office_registered: bool = False


def serve(app: FastAPI, drafts: Drafts) -> None:
    """Adds their routes."""
    _drafts(app, drafts)
    _forms(app)
    _keys(app, drafts)
    _signatures(app, drafts)


def _drafts(app: FastAPI, drafts: Drafts) -> None:
    @app.post("/v1/drafts", status_code=201)
    async def keep(request: Request, who: Who, form: str, period: str, file_name: str) -> Any:
        if drafts.refused:
            raise drafts.refused
        content, asked = await request.body(), request.query_params
        about = About(
            form,
            asked.get("area_list", "63"),
            asked.get("area", "11"),
            period,
            Completeness(asked["completeness"]),
            1,
        )
        draft = Draft(
            who.organisation, about, file_name, "application/x", sha256(content).hexdigest(),
            len(content), identity("nonce"), who.id, START,
        )  # fmt: skip
        drafts.found[str(draft.id)] = (draft, content)
        return DraftView.of(draft).model_dump(mode="json")

    @app.get("/v1/drafts")
    def listed(who: Who) -> Any:
        own = [one for one, _ in drafts.found.values() if one.organisation == who.organisation]
        return {"drafts": [DraftView.of(one).model_dump(mode="json") for one in own]}

    @app.get("/v1/drafts/{id_}")
    def one(id_: str, who: Who) -> Any:
        return DraftView.of(_found(drafts, id_)).model_dump(mode="json")

    @app.delete("/v1/drafts/{id_}", status_code=204)
    def forget(id_: str, who: Who) -> None:
        del drafts.found[id_]

    @app.get("/v1/drafts/{id_}/content")
    def content(id_: str, who: Who) -> Response:
        draft, kept = drafts.found[id_]
        if draft.sent:
            raise SENT
        return Response(kept, media_type="application/x")

    @app.post("/v1/drafts/{id_}/preparation")
    def prepared(id_: str, body: dict[str, str], who: Who) -> Any:
        if drafts.refused:
            raise drafts.refused
        draft, kept = drafts.found[id_]
        nil = Nil(kind=NilKind(body["nil"]), reason=body["reason"]) if body.get("nil") else None
        made = Prepared(
            who.id, START, Classification(body["classification"]), body.get("reason"), nil
        )
        changed = Draft(**vars(draft) | {"prepared": made})
        drafts.found[id_] = (changed, kept)
        return DraftView.of(changed).model_dump(mode="json")


def _forms(app: FastAPI) -> None:
    @app.get("/v1/form")
    def forms(who: Who) -> Any:
        own = ("cv17809-1", "cv17809-2") if "agency" in who.roles else NAMES
        return [{"id": id_} for id_ in own if id_.startswith(("cv", "t0", "dn"))]


def _keys(app: FastAPI, drafts: Drafts) -> None:
    @app.get("/v1/own-keys")
    def listed(who: Who) -> Any:
        shown = [
            {
                "id": id_, "is_confirmed": id_ in drafts.confirmed, "is_refused": False,
                "proposed_at": (START - timedelta(days=1)).isoformat(), "valid_to": None,
            }
            for id_ in drafts.keys
        ]  # fmt: skip
        return {"keys": shown}

    @app.post("/v1/own-keys", status_code=202)
    def propose(body: dict[str, dict[str, str]], who: Who) -> Any:
        key = public_key(body["public_key"])
        drafts.keys[key.thumbprint()] = body["public_key"]
        return JSONResponse({"keys": []}, 202)


def _signatures(app: FastAPI, drafts: Drafts) -> None:
    @app.get("/v1/drafts/{id_}/statement")
    def statement(id_: str, key: str, who: Who) -> Any:
        draft = _found(drafts, id_)
        if draft.prepared and draft.prepared.by == who.id:
            raise SAME
        claims = draft.statement("thong-ke-dien-bien", Regime.COORDINATION, who.id, START)
        return {
            "key": key,
            "signing_input": to_sign(claims, key),
            "statement": plain(claims),
        }

    @app.post("/v1/drafts/{id_}/submission")
    def send(id_: str, body: dict[str, str], who: Who) -> Any:
        draft, _ = drafts.found[id_]
        if draft.sent:
            raise SENT
        keys = {id_: public_key(jwk) for id_, jwk in drafts.keys.items()}
        stated = verify(body["statement"], keys)
        assert (stated.sha256, stated.approved_by) == (draft.sha256, who.id)
        drafts.signed.append(body["statement"])
        sent = Sent(submission_id=UUID(identity("thu")), attempt=1, by=who.id)
        drafts.found[id_] = (Draft(**vars(draft) | {"sent": sent}), b"")
        return DraftView.of(drafts.found[id_][0]).model_dump(mode="json")

    @app.get("/v1/countersigning-key")
    def office(who: Who) -> Any:
        return {"id": "k", "public_key": {}, "is_registered": drafts.is_office_registered}

    @app.post("/v1/drafts/{id_}/confirmation")
    def confirm(id_: str, body: dict[str, str], who: Who) -> Any:
        draft, _ = drafts.found[id_]
        if draft.sent:
            raise SENT
        assert draft.prepared and body.keys() == {"sha256", "prepared_at"}
        seen = body["sha256"], datetime.fromisoformat(body["prepared_at"])
        assert seen == (draft.sha256, draft.prepared.at)
        sent = Sent(submission_id=UUID(identity("thu")), attempt=1, by=who.id)
        drafts.found[id_] = (Draft(**vars(draft) | {"sent": sent}), b"")
        return DraftView.of(drafts.found[id_][0]).model_dump(mode="json")


def _found(drafts: Drafts, id_: str) -> Draft:
    if id_ not in drafts.found:
        raise ABSENT
    return drafts.found[id_][0]
