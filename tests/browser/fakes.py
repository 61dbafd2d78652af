"""The services as the console meets them: one server with the answers of their contracts.

Tokens are real ones (tests/people.py), and every answer asks for one. A test changes `Office` and watches the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.testclient import TestClient

from services.catalogue.people.tokens import public_jwk
from services.intake.listing import Filter, Sort
from services.kernel import error_answers
from services.kernel.auth import UNKNOWN, Principal, principal_of
from services.kernel.problems import UNAVAILABLE, Problem
from services.kernel.settings import Settings
from services.model.regulation import load_regulations
from services.model.starter_pack import starter_pack
from services.policy.law.policies import library
from services.policy.routes.views import law_view
from tests import people
from tests.unit import test_audit_verifier as log

START = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
SIGNATORIES = ("prepared_by", "approved_by", "countersigned_by")
PASSWORD = "mật khẩu dài của tôi"
LINK = "mot-lan"
OFFICE, FINANCE = "thong-ke-dien-bien", "so-tai-chinh-dien-bien"
ROOM = "phong-thong-ke-kinh-te-dien-bien"
COLLECTION = "phong-thu-thap-thong-tin-dien-bien"
SYNTHESIS = "phong-thong-ke-tong-hop-dien-bien"
PEOPLE: dict[str, dict[str, Any]] = {
    "p-kinh-te": {"organisation": OFFICE, "roles": ["officer"], "rooms": [ROOM]},
    "p-so-tai-chinh": {"organisation": FINANCE, "roles": ["agency"], "rooms": []},
    "p-giam-doc": {"organisation": FINANCE, "roles": ["agency", "signatory"], "rooms": []},
    "p-thu-thap": {"organisation": OFFICE, "roles": ["officer"], "rooms": [COLLECTION]},
    "p-bien-soan": {"organisation": OFFICE, "roles": ["compiler"], "rooms": []},
    "p-kiem-tra": {"organisation": OFFICE, "roles": ["auditor"], "rooms": []},
    "p-lanh-dao": {"organisation": OFFICE, "roles": ["leader"], "rooms": []},
    "p-quan-tri": {"organisation": OFFICE, "roles": ["administrator"], "rooms": []},
    "p-van-hanh": {"organisation": OFFICE, "roles": ["operator"], "rooms": []},
}
NAMES = {
    OFFICE: ("Thống kê tỉnh Điện Biên", "Điện Biên Statistics Office"),
    FINANCE: ("Sở Tài chính tỉnh Điện Biên", "Department of Finance, Điện Biên"),
    ROOM: ("Phòng Thống kê Kinh tế", "Room of Economic Statistics"),
    "so-tu-phap-dien-bien": ("Sở Tư pháp tỉnh Điện Biên", "Department of Justice, Điện Biên"),
    "cv17809-1": ("Thu ngân sách nhà nước trên địa bàn", "State budget revenue in the province"),
    "cv17809-2": ("Chi ngân sách địa phương", "Local budget expenditure"),
    "cv17809-4": (
        "Chi đầu tư phát triển của ngân sách địa phương phân theo ngành kinh tế",
        "Development investment of the local budget by economic activity",
    ),
    "t0111": ("Số cuộc kết hôn", "Number of marriages"),
    "dn-list": ("Danh sách doanh nghiệp", "List of enterprises"),
}
NAMED = ("code", "rule", "level", "severity", "cells")
"""What a state says of a finding, besides the number of the sheet; the report says more."""
SHIPPED: dict[tuple[str, str], Any] = {
    (entry.kind, entry.id): {k: v for k, v in entry.body.items() if k != "contacts"}
    for entry in starter_pack()
}
"""Without addresses, which each office enters itself."""
ORDER = ("received", "validated", "returned", "held", "withheld", "cleared", "stored")


def texts(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def identity(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def finding(cell: str, severity: str = "error", number: int = 38) -> dict[str, Any]:
    """As validation's report has it."""
    return {
        "id": f"{number:016x}",
        "code": "total",
        "rule": f"total-{number}",
        "level": 1,
        "severity": severity,
        "sheet": "Biểu 1",
        "cells": [cell, "C48", "C49"],
        "value": None,
        "expected": "291552.905",
        "found": "101906.435",
        "difference": "-189646.47",
        "message": texts(
            f"Ô {cell}: 38 = 39 + 40 không khớp; tính ra 291.552,905, trong tệp là 101.906,435.",
            f"Cell {cell}: 38 = 39 + 40 does not hold; 291,552.905 expected, 101,906.435 found.",
        ),
        "basis": "Công văn 17809/BTC-NSNN, biểu 1",
        "mend": texts(f"Kiểm tra các ô {cell}, C48, C49 và sửa ô sai.", "Look at the cells."),
    }


def attempt(name: str, state: str, **more: Any) -> dict[str, Any]:
    """As intake answers it."""
    minutes = more.pop("minutes", 0)
    began = START - timedelta(minutes=minutes)
    path = more.pop("path", None) or _path(state)
    times = {one: (began + timedelta(seconds=n)).isoformat() for n, one in enumerate(path)}
    id_, number = identity(name), more.get("attempt", 1)
    verdict = {"stored": "cleared", "superseded": "cleared"}.get(state, state)
    report = f"/v1/submissions/{id_}/report?attempt={number}"
    links = {"self": "", "report": report, "marked": "yes" if state == "returned" else None}
    others = [{"attempt": number, "state": state, "received_at": times["received"]}]
    return {
        "id": id_, "attempt": number, "sender": FINANCE, "form": "cv17809-1", "form_version": 1,
        "area_list": "63", "area": "11", "period": "2026-Q3", "completeness": "preliminary",
        "round": 1, "regime": "coordination", "classification": "public",
        "received_at": times["received"], "state": state, "since": times[path[-1]],
        "verdict": verdict if verdict in ("cleared", "returned", "withheld") else None,
        "decision": 1, "figures": 94, "reasons": [], "findings": [], "checked": [],
        "links": links, "times": times, "attempts": others, "prepared_by": None, "approved_by": None,
        "countersigned_by": None, **more,
    }  # fmt: skip


def _path(state: str) -> list[str]:
    if state == "returned":
        return ["received", "returned"]
    if state == "stored":
        return ["received", "validated", "cleared", "stored"]
    return ["received", "validated", state][
        : 3 if state not in ORDER[:2] else ORDER.index(state) + 1
    ]


MILLIONS = {"vi": "triệu đồng", "en": "million VND"}


def drawn() -> list[dict[str, Any]]:
    """A small table of the form: a number that grew, one that is wrong, one that is none, a sign, a blank."""

    def cell(cell: str, value: str | None, **more: Any) -> dict[str, Any]:
        return {
            "cell": cell, "value": value, "missing": None, "text": "", "severity": "", "previous": None,
            "year_before": None, "replaced": None, **more,
        }  # fmt: skip

    headings = [("quarter", "2026-Q3", False), ("year_to_date", "2026-01-01/P9M", True)]
    return [{
        "table": "main", "sheet": "Biểu 1",
        "headings": [
            {"column": name, "label": "", "period": period, "is_cumulative": is_cumulative, "unit": MILLIONS}
            for name, period, is_cumulative in headings
        ],
        "lines": [
            {"code": "1", "label": "TỔNG THU NSNN TRÊN ĐỊA BÀN (I+II+...+V)", "figures": [
                cell("C8", "1396311.086", previous="1200000", year_before="1300000"),
                cell("D8", "4100000", severity="error", replaced="4000000", year_before="3900000")]},
            {"code": "2", "label": "I. THU NỘI ĐỊA", "figures": [
                cell("C9", None, text="9616,289 / 120", severity="error", previous="-5"),
                cell("D9", "12", severity="warning")]},
            {"code": "3", "label": "1. Thu từ khu vực doanh nghiệp", "figures": [
                cell("C10", None, missing="not_collected"), None]},
        ],
    }]  # fmt: skip


def differing() -> dict[str, Any]:
    """Parts of a form that do not fit together."""
    parts = [(FINANCE, identity("thu")), ("so-noi-vu-dien-bien", identity("cho"))]
    return {
        "about": identity("phan"), "form": "cv17809-6", "area_list": "63", "area": "11", "period": "2026-Q3",
        "completeness": "preliminary", "round": 1, "compared_at": START.isoformat(),
        "parts": [{"submission_id": id_, "attempt": 1, "sender": sender} for sender, id_ in parts],
        "failing": [
            {"rule": "total-1", "expression": "1 = 2 + 22", "column": "quarter", "period": "2026-Q3",
             "sections": ["A", "B"], "found": "1060.5", "expected": "1061.5", "difference": "-1"},
        ],
    }  # fmt: skip


@dataclass
class Office:
    """What the fake services know; tests change it while the console runs."""

    attempts: list[dict[str, Any]] = field(default_factory=list)
    listed: list[tuple[Filter, Sort]] = field(default_factory=list)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    refuse_decisions: Problem | None = None
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)
    verifications: list[dict[str, Any]] = field(default_factory=list)
    differing: list[dict[str, Any]] = field(default_factory=list)
    said_of_findings: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    checked: list[tuple[str, str, bytes]] = field(default_factory=list)
    checked_nil: list[str] = field(default_factory=list)
    has_tables: bool = True
    changes: list[dict[str, Any]] = field(default_factory=list)
    is_away: bool = False
    token_age: timedelta = timedelta()
    renewed: int = 0
    logged_out: list[str] = field(default_factory=list)
    is_logout_away: bool = False
    is_catalogue_away: bool = False
    are_changes_away: bool = False
    passwords: list[str] = field(default_factory=list)
    names_of_people: dict[str, str] = field(default_factory=dict)
    duties: list[dict[str, Any]] = field(default_factory=list)
    asked_duties: int = 0
    said_of_duties: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    lent: dict[str, dict[str, str]] = field(default_factory=dict)
    checkpoint: dict[str, Any] = field(default_factory=lambda: {"size": 375, "root": "ab" * 32})

    def find(self, submission: str, number: int | None) -> dict[str, Any]:
        for one in self.attempts:
            if one["id"] == submission and number in (None, one["attempt"]):
                return one
        raise ABSENT


ABSENT = Problem(
    404,
    "unknown-submission",
    texts("Không có lần gửi này", "No such submission"),
    texts("Kiểm tra mã đã nhận khi gửi.", "Check the id."),
)
WRONG = Problem(
    401,
    "credentials",
    texts("Tên đăng nhập hoặc mật khẩu không đúng", "Wrong user id or password"),
    texts("Sau 5 lần sai, tài khoản bị khóa 15 phút.", "After 5 failures it locks for 15 minutes."),
)
FORBIDDEN = Problem(403, "not-allowed", texts("Không có quyền", "Not allowed"), texts("", ""))


def who_asks(request: Request) -> Principal:
    """The person of the token that every answer needs."""
    header = request.headers.get("authorization", "")
    found = principal_of(header, Settings(), people.keys, lambda: datetime.now(UTC))
    if found is None:
        raise UNKNOWN
    return found


Who = Annotated[Principal, Depends(who_asks)]


def services_of(office: Office, *more: Callable[[FastAPI], None]) -> FastAPI:
    """All five at one address, with what else is served."""
    app = FastAPI()
    error_answers.install(app, "test")
    for serve in more:
        serve(app)
    _intake(app, office)
    _others(app, office)
    _catalogue(app, office)
    return app


def _catalogue(app: FastAPI, office: Office) -> None:
    def answer(person: str) -> dict[str, Any]:
        at = datetime.now(UTC) - office.token_age
        name = office.names_of_people.get(person, "")
        token = people.token(
            person, **PEOPLE[person], now=at, name=name, lent=office.lent.get(person)
        )
        return {"access_token": token, "token_type": "Bearer", "expires_in": 900}

    @app.get("/v1/jwks")
    def jwks() -> dict[str, Any]:
        return {"keys": [public_jwk(people.PRIVATE)]}

    @app.post("/v1/tokens")
    def tokens(body: dict[str, str]) -> dict[str, Any]:
        if office.is_catalogue_away:
            raise UNAVAILABLE
        if body["person"] not in PEOPLE or body["password"] != PASSWORD:
            raise WRONG
        return answer(body["person"])

    @app.post("/v1/tokens/renew")
    def renew(who: Who) -> dict[str, Any]:
        office.renewed += 1
        office.token_age = timedelta()
        return answer(who.id)

    @app.delete("/v1/sessions/current", status_code=204)
    def log_out(who: Who) -> None:
        if office.is_logout_away:
            raise UNAVAILABLE
        office.logged_out.append(who.id)

    @app.post("/v1/passwords", status_code=204)
    def password(body: dict[str, str]) -> None:
        if body["token"] != LINK:
            raise ABSENT
        office.passwords.append(body["password"])

    @app.put("/v1/people/{id_}/password", status_code=204)
    def own_password(id_: str, body: dict[str, str], who: Who) -> None:
        if id_ != who.id or body["current"] != PASSWORD:
            raise FORBIDDEN
        if len(body["password"]) < 12:
            short = texts("Mật khẩu phải dài từ 12 đến 256 ký tự", "12 to 256 signs")
            raise Problem(422, "password", short, short)
        office.passwords.append(body["password"])

    @app.get("/v1/changes")
    def changes(who: Who) -> dict[str, Any]:
        if not who.roles & {"administrator", "leader", "auditor"}:
            raise FORBIDDEN
        if office.are_changes_away:
            raise UNAVAILABLE
        return {"changes": office.changes}

    @app.post("/v1/changes/{id_}/{decision}")
    def decide(id_: str, decision: str, who: Who) -> dict[str, Any]:
        if office.refuse_decisions:
            raise office.refuse_decisions
        (change,) = (one for one in office.changes if one["change_id"] == id_)
        state = {"confirmation": "done", "refusal": "refused"}[decision]
        change |= {"state": state, "decided_by": who.id, "decided_at": START.isoformat()}
        if state == "refused":
            return change
        link = {"person": change["subject"], "token": LINK, "expires_at": START.isoformat()}
        return {
            "change": change,
            "link": link if change["what"] in ("person", "password") else None,
        }

    @app.get("/v1/duties")
    def duties(
        who: Who, timeliness: str = "", submission: Annotated[tuple[str, ...], Query()] = ()
    ) -> dict[str, Any]:
        office.asked_duties += 1
        shown = [
            one
            for one in office.duties
            if timeliness in ("", one["timeliness"])
            and (not submission or one["submission"] in submission)
            and ("agency" not in who.roles or one["supplier"] == who.organisation)
        ]
        return {"at": START.isoformat(), "total": len(shown), "duties": shown}

    @app.post("/v1/duties/{id_}/{act}", status_code=201)
    def said_of_duty(id_: str, act: str, body: dict[str, Any], who: Who) -> dict[str, Any]:
        if office.refuse_decisions:
            raise office.refuse_decisions
        office.said_of_duties.append((id_, act, body))
        return {}

    @app.get("/v1/names")
    def names_of(id: Annotated[list[str], Query()], who: Who) -> dict[str, Any]:
        return {
            "names": {
                one: office.names_of_people[one] for one in id if one in office.names_of_people
            }
        }

    @app.get("/v1/{kind}")
    def entries(kind: str, who: Who) -> list[dict[str, Any]]:
        if "agency" in who.roles:
            raise FORBIDDEN
        return [{"id": id_} for id_ in NAMES if _kind(id_) == kind]

    @app.get("/v1/{kind}/{id_}")
    def entry(kind: str, id_: str, who: Who) -> dict[str, Any]:
        if "agency" in who.roles:
            raise FORBIDDEN
        shipped = SHIPPED.get((kind, id_), {})
        if kind == "codelist" and shipped:
            return {"body": shipped}
        if id_ not in NAMES or kind != _kind(id_):
            raise ABSENT
        return {"body": {**shipped, "title" if kind == "form" else "name": texts(*NAMES[id_])}}


def _kind(id_: str) -> str:
    return "form" if id_.startswith(("cv", "t0", "dn")) else "organisation"


def _intake(app: FastAPI, office: Office) -> None:
    @app.get("/v1/submissions")
    def listed(
        who: Who,
        wanted: Annotated[Filter, Depends()],
        sort: Sort = Sort.NEWEST,
        counted: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> dict[str, Any]:
        if office.is_away:
            raise UNAVAILABLE
        office.listed.append((wanted, sort))
        own = who.organisation if "agency" in who.roles else None
        within = [one for one in office.attempts if own in (None, one["sender"])]
        in_any = [one for one in within if _is_wanted(one, wanted)]
        found = [one for one in in_any if wanted.state in (None, one["state"])]
        found = found[::-1] if sort is Sort.OLDEST else found
        more = {"times", "attempts", *SIGNATORIES}  # which only the answer about one attempt has
        rows = [{k: v for k, v in one.items() if k not in more} for one in found]
        answer = {"attempts": rows[offset : offset + limit]}
        if not counted:
            return answer | dict.fromkeys(("total", "states", "among"))
        names = {"forms": "form", "senders": "sender", "periods": "period"}
        among = {many: sorted({one[name] for one in within}) for many, name in names.items()}
        states = Counter(one["state"] for one in in_any)
        return answer | {"total": len(found), "states": states, "among": among}

    @app.get("/v1/submissions/{id_}")
    def state(id_: str, who: Who, attempt: int | None = None) -> dict[str, Any]:
        if office.is_away:
            raise UNAVAILABLE
        return {"reason": None} | office.find(id_, attempt)

    @app.get("/v1/submissions/{id_}/report")
    def report(id_: str, who: Who, attempt: int) -> dict[str, Any]:
        if not who.roles & {"officer", "agency"}:
            raise FORBIDDEN
        if id_ not in office.reports:
            raise ABSENT
        return office.reports[id_]

    @app.get("/v1/submissions/{id_}/findings")
    def findings(id_: str, who: Who, attempt: int) -> dict[str, Any]:
        if not who.roles & {"officer", "agency", "leader"} or id_ not in office.reports:
            raise ABSENT
        listed = office.reports[id_]["findings"]
        answered = [one | {"answers": office.answers} for one in listed]
        return {"findings": answered, "corrections": office.corrections}

    @app.post("/v1/submissions/{id_}/findings/{finding}/{act}", status_code=202)
    def said_of_finding(id_: str, finding: str, act: str, body: dict[str, str], who: Who) -> Any:
        if office.refuse_decisions:
            raise office.refuse_decisions
        office.said_of_findings.append((finding, act, body))
        return {}

    @app.get("/v1/submissions/{id_}/marked")
    def marked(id_: str, who: Who, attempt: int) -> Response:
        office.find(id_, attempt)
        disposition = f'attachment; filename="{id_}-{attempt}.xlsx"'
        return Response(b"PK\x03\x04 marked", headers={"Content-Disposition": disposition})

    @app.get("/v1/submissions/{id_}/original")
    def original(id_: str, who: Who, attempt: int) -> Response:
        office.find(id_, attempt)
        disposition = f'attachment; filename="{id_}-{attempt}_ban-goc.xls"'
        return Response(b"as sent", headers={"Content-Disposition": disposition})


def _is_wanted(one: dict[str, Any], wanted: Filter) -> bool:
    """In any state; of days and areas the real intake knows."""
    names = ("form", "sender", "period")
    if any(getattr(wanted, name) not in (None, one[name]) for name in names):
        return False
    codes = one["form"], one["sender"]
    if not wanted.search or not {*codes}.isdisjoint(wanted.named):
        return True
    return one["id"].startswith(wanted.search) or any(wanted.search in code for code in codes)


def _others(app: FastAPI, office: Office) -> None:
    @app.get("/v1/receipts/{id_}")
    def receipt(id_: str, who: Who, attempt: int | None = None) -> JSONResponse:
        sent = office.find(id_, attempt)
        return JSONResponse(office.receipts.get(id_) or receipt_for(sent))

    @app.get("/v1/checkpoint")
    def checkpoint(who: Who) -> dict[str, Any]:
        return office.checkpoint | {"taken_at": START.isoformat()}

    @app.get("/v1/consistency")
    def consistency(first: int, second: int, who: Who) -> dict[str, Any]:
        if first > second:
            raise ABSENT
        roots = {"first_root": f"{first:064x}", "second_root": "ab" * 32}
        return {"first": first, "second": second, **roots, "proof": []}

    laws = {one.id: law_view(one, library().policies) for one in load_regulations()}

    @app.get("/v1/regulations")
    def regulations(who: Who) -> dict[str, Any]:
        return {"regulations": [one.model_dump(mode="json") for one in laws.values()]}

    @app.get("/v1/regulations/{id_}")
    def regulation(id_: str, who: Who) -> dict[str, Any]:
        if id_ not in laws:
            raise ABSENT
        return laws[id_].model_dump(mode="json")

    @app.get("/v1/reviews")
    def reviews(who: Who) -> dict[str, Any]:
        return {"reviews": list(office.reviews.values())}

    @app.get("/v1/reviews/{id_}/{attempt}")
    def review(id_: str, attempt: int, who: Who) -> dict[str, Any]:
        if {id_, f"{id_}/{attempt}"}.isdisjoint(office.reviews) or not who.roles & {
            "officer",
            "leader",
            "auditor",
            "operator",
        }:
            raise ABSENT
        return office.reviews.get(f"{id_}/{attempt}") or office.reviews[id_]

    @app.post("/v1/reviews/{id_}/{attempt}/decisions")
    def decide(id_: str, attempt: int, body: dict[str, Any], who: Who) -> dict[str, Any]:
        if office.refuse_decisions:
            raise office.refuse_decisions
        office.decisions.append(body | {"submission": id_, "attempt": attempt, "person": who.id})
        act = {
            "person": who.id,
            "outcome": body["outcome"],
            "reason": body["reason"],
            "decision": 1,
        }
        act |= {
            "document": body.get("document"),
            "on_behalf": None,
            "decided_at": START.isoformat(),
        }
        office.reviews[id_]["acts"].append(act)
        office.reviews[id_]["agreed"] += body["outcome"] == "release"
        return office.reviews[id_]

    @app.get("/v1/submissions/{id_}/explanation")
    def explanation(id_: str, attempt: int, who: Who) -> dict[str, Any]:
        if not who.roles & {"operator", "officer", "leader", "auditor"}:
            raise FORBIDDEN
        sent = office.find(id_, attempt)
        consent = texts("nếu các bên được nêu tên đồng ý", "if those who are named agree")
        return {
            "submission_id": id_, "attempt": attempt, "audience_kind": "compilers", "audience_id": "grdp",
            "recorded": sent["state"], "verdict": sent["state"], "facts": {}, "policies": [],
            "reasons": sent["reasons"], "articles": sent["reasons"], "reviewers": 0,
            "changes": [{"facts": ["consent"], "text": consent, "verdict": "cleared"}],
        }  # fmt: skip

    @app.get("/v1/submissions/{id_}/figures")
    def figures(id_: str, attempt: int, who: Who) -> dict[str, Any]:
        return {
            "submission_id": id_,
            "attempt": attempt,
            "tables": drawn() if office.has_tables else [],
        }

    @app.get("/v1/verifications")
    def verifications(who: Who, submission: str | None = None) -> dict[str, Any]:
        found = [one for one in office.verifications if submission in (None, one["submission_id"])]
        return {"verifications": found}

    @app.post("/v1/checks")
    async def check(
        request: Request, form: str, period: str, who: Who, nil: str = ""
    ) -> dict[str, Any]:
        office.checked.append((form, period, await request.body()))
        office.checked_nil.append(nil)
        if office.refuse_decisions:
            raise office.refuse_decisions
        report = next(iter(office.reports.values())) | {"verdict": "returned"}
        return {"report": report, "tables": drawn(), "is_marked": True}

    @app.post("/v1/checks/marked")
    async def check_marked(request: Request, who: Who) -> Response:
        content = await request.body()
        if content == b"clean":
            return Response(status_code=204)
        return Response(b"PK marked", media_type="application/vnd.ms-excel")

    @app.get("/v1/blank-forms")
    def blank(form: str, area: str, period: str, completeness: str, who: Who) -> Response:
        name = f'attachment; filename="{form}_{period}.xlsx"'
        content = f"PK {area} {completeness}".encode()
        return Response(
            content, media_type="application/xlsx", headers={"Content-Disposition": name}
        )

    @app.get("/v1/section-comparisons")
    def section_comparisons(who: Who) -> dict[str, Any]:
        return {"comparisons": office.differing}

    @app.post("/v1/submissions/{id_}/verifications")
    def doubt(id_: str, attempt: int, body: dict[str, Any], who: Who) -> dict[str, Any]:
        sent = office.find(id_, attempt)
        ends = ("text", "document", "answered_by", "answered_at")
        asked = {
            "verification_id": identity("xac-minh"), "submission_id": id_, "attempt": attempt, "sender": sent["sender"],
            "form": sent["form"], "period": sent["period"], "state": "asked", "room": ROOM, "verifier": COLLECTION,
            "asked_by": who.id, "asked_at": START.isoformat(),
        }  # fmt: skip
        office.verifications.append(dict.fromkeys(ends) | asked | body)
        return office.verifications[-1]

    @app.post("/v1/verifications/{id_}/answers")
    def verify(id_: str, body: dict[str, Any], who: Who) -> dict[str, Any]:
        if office.refuse_decisions:
            raise office.refuse_decisions
        (asked,) = (one for one in office.verifications if one["verification_id"] == id_)
        told = {"state": body["result"], "text": body["text"], "document": body.get("document")}
        asked |= told | {"answered_by": who.id, "answered_at": START.isoformat()}
        return asked

    @app.get("/v1/consents")
    def consents(who: Who) -> dict[str, Any]:
        return {"consents": office.consents}

    @app.post("/v1/consents")
    def give(body: dict[str, Any], who: Who) -> dict[str, Any]:
        if office.refuse_decisions:
            raise office.refuse_decisions
        ends = (
            "valid_to",
            "withdrawn_at",
            "withdrawn_by",
            "withdrawn_reason",
            "withdrawn_document",
            "expired_at",
        )
        told = {
            "consent_id": identity("dong-y"),
            "period": None,
            "person": who.id,
            "given_at": START.isoformat(),
        }
        office.consents.append(dict.fromkeys(ends) | told | body)
        return office.consents[-1]

    @app.post("/v1/consents/{id_}/withdrawal")
    def end(id_: str, body: dict[str, Any], who: Who) -> dict[str, Any]:
        (consent,) = (one for one in office.consents if one["consent_id"] == id_)
        consent |= {
            "withdrawn_at": START.isoformat(), "withdrawn_by": who.id, "withdrawn_reason": body["reason"],
            "withdrawn_document": body.get("document"),
        }  # fmt: skip
        return consent

    @app.get("/v1/incidents")
    def incidents(who: Who) -> dict[str, Any]:
        return {"incidents": office.incidents}

    @app.post("/v1/incidents/{id_}/closing")
    def close(id_: str, body: dict[str, Any], who: Who) -> dict[str, Any]:
        (incident,) = (one for one in office.incidents if one["incident_id"] == id_)
        if office.refuse_decisions:
            raise office.refuse_decisions
        ending = {"document": None} | body
        incident |= ending | {"person": who.id, "closed_at": incident["opened_at"]}
        return incident

    @app.post("/v1/submissions/{id_}/withdrawal")
    def take_back(id_: str, body: dict[str, Any], who: Who) -> dict[str, Any]:
        (place,) = (n for n, one in enumerate(office.attempts) if one["id"] == id_)
        sent = office.attempts[place]
        if who.organisation != sent["sender"] and "document" not in body:
            words = texts("Thiếu văn bản của cơ quan gửi", "The sender's letter is missing")
            raise Problem(422, "no-letter", words, words)
        office.withdrawals.append(body | {"submission": id_, "person": who.id})
        office.attempts[place] = sent | {
            "state": "withdrawn", "times": sent["times"] | {"withdrawn": sent["since"]},
        }  # fmt: skip
        return body


def example() -> Office:
    """An office on an ordinary morning."""
    reason = {
        "policy": "dien-bien-identifiers", "requirement": "R19", "instrument": "dien-bien-1618-2021",
        "number": "1618/QĐ-UBND", "article": "6", "clause": "2", "message": "policy.identifiers",
        "text": texts(
            "Tệp có thông tin gắn với tên, địa chỉ hoặc mã số của tổ chức, cá nhân chưa đồng ý; xem các ô được nêu.",
            "The file holds what is tied to a name, address or number of someone who has not agreed; see the cells.",
        ),
        "cells": [
            *({"sheet": "Danh sách", "cell": f"B{n}", "kind": "organisation_name"} for n in range(5, 14)),
            *({"sheet": "Danh sách", "cell": f"D{n}", "kind": "tax_code"} for n in range(5, 9)),
        ],
    }  # fmt: skip
    accept = {
        "policy": "acceptance", "requirement": "R58", "instrument": "dien-bien-1618-2021",
        "number": "1618/QĐ-UBND", "article": "8", "clause": "2", "message": "policy.acceptance",
        "text": texts("Phòng phụ trách phải xem và chấp nhận trước khi sử dụng.", "The room must accept it first."),
        "cells": [],
    }  # fmt: skip
    found = [finding("C47"), finding("C62", "warning", 52)]
    office = Office(
        attempts=[
            attempt("moi", "received", form="cv17809-2", period="2026-Q4", completeness="estimate"),
            attempt("cho", "held", form="cv17809-4", minutes=7, reasons=[accept], period="2026-01-01/P9M"),
            attempt("tra", "returned", minutes=31, period="2026-Q4", completeness="estimate", attempt=2,
                    findings=[{name: one[name] for name in NAMED} | {"sheet": "#1"} for one in found]),
            attempt("ket-hon", "stored", form="t0111", sender="so-tu-phap-dien-bien", minutes=95,
                    period="2025", completeness="official", figures=1),
            attempt("cam", "withheld", form="dn-list", minutes=190, period="2026-M09", reasons=[reason]),
            attempt("thu", "stored", minutes=1500),
        ],
    )  # fmt: skip
    rules = [{"id": f"r{n}", "pass": 1, "fail": int(n < 2), "undecided": 0} for n in range(41)]
    repair = {
        "code": "number_from_text", "sheet": "Biểu 1", "cells": ["C12"],
        "message": texts("2 số ghi dưới dạng chữ ở trang Biểu 1 đã được đọc là số: C12, C13.", "2 numbers as text."),
    }  # fmt: skip
    drawn = {
        "sheet": "Biểu 1",
        "cells": 2,
        "rows": ["####   ", *["#######"] * 45, "##e####", "#######", "##w####"],
    }
    office.reports[identity("tra")] = {
        "findings": found, "repairs": [repair], "rules": rules, "pictures": [drawn],
    }  # fmt: skip
    office.reviews[identity("cho")] = {
        "submission_id": identity("cho"), "attempt": 1, "room": ROOM, "reviewers": 2, "decision": 1,
        "agreed": 0, "is_overdue": False, "acts": [],
        "due": (START + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    office.incidents = [
        {"incident_id": identity("su-co"), "submission_id": identity("mat"), "attempt": 1, "sender": FINANCE,
         "form": "cv17809-1", "period": "2026-Q3", "level": "secret", "room": None, "erased": 3,
         "markings": [{"sheet": "Biểu 1", "cell": "A2", "kind": "secret"}], "opened_at": START.isoformat(),
         "outcome": None, "person": None, "reason": None, "document": None, "closed_at": None},
    ]  # fmt: skip
    office.duties = [
        duty("thu", "thu-ngan-sach-quy", "accepted", "on_time", submission=identity("thu"), attempt=1,
             questions=[remark(OFFICE, "Vì sao dòng 22 giảm?", row="22", column="quarter", channel="meeting"),
                        remark(FINANCE, "Đấu giá đất chậm.", is_answer=True, document="9/STC", channel="letter")]),
        duty("thu-4", "thu-ngan-sach-quy", "returned", "on_time_then_returned", period="2026-Q4",
             completeness="estimate", submission=identity("tra"), attempt=2),
        duty("chi", "chi-ngan-sach-quy", "expected", "missing", reminders=3, reminded_at=START.isoformat(),
             questions=[remark(OFFICE, "Bao giờ có số?", is_open=True),
                        remark(FINANCE, "Gửi theo mẫu <b>nào</b>?", is_open=True)]),
        duty("chi-4", "chi-ngan-sach-quy", "expected", "open", period="2026-Q4", completeness="estimate",
             is_unaddressed=True, reminders=1, reminded_at=START.isoformat()),
        duty("ket-hon", "so-cuoc-ket-hon", "accepted", "late", supplier="so-tu-phap-dien-bien", period="2025",
             completeness="official", room="phong-thong-ke-xa-hoi-dien-bien", submission=identity("ket-hon"),
             attempt=1),
        report("linh-vuc-10", "expected", "missing", period="2026-M10"),
        report("linh-vuc-9", "accepted", "on_time", period="2026-M09",
               supplied={"document": "101/TKĐB-KT", "on": "2026-10-20", "at": START.isoformat()}),
    ]  # fmt: skip
    office.changes = [
        change("quyen", "person", "p-moi", fields=["roles", "rooms"],
               body={"id": "p-moi", "name": "Lò Thị Mới", "organisation": OFFICE, "roles": ["officer"], "rooms": [ROOM],
                     "head_of": [], "locked": False,
                     "deputies": [{"person": "p-kinh-te", "first": "2026-12-01", "last": "2026-12-05"}]}),
        change("khoa", "sender_key", "sender_key/abc",
               body={"body": {"sender": FINANCE, "public_key": {"kty": "OKP"}}, "valid_from": START.isoformat(),
                     "valid_to": None}),
        change("cu", "contact", f"organisation/{FINANCE}", state="done",
               body={"body": {"id": FINANCE, "contacts": [{"kind": "email", "address": "moi@example.vn"}]},
                     "valid_from": None, "valid_to": None}),
    ]  # fmt: skip
    return office


def duty(name: str, item: str, state: str, timeliness: str, **more: Any) -> dict[str, Any]:
    """As catalogue answers it."""
    titles = {
        "thu-ngan-sach-quy": ("Thu ngân sách nhà nước, quý", "State budget revenue, quarterly"),
        "chi-ngan-sach-quy": ("Chi ngân sách nhà nước, quý", "State budget spending, quarterly"),
        "so-cuoc-ket-hon": ("Số cuộc kết hôn", "Marriages"),
        "bao-cao-linh-vuc-kinh-te-thang": (
            "Báo cáo lĩnh vực kinh tế",
            "Report of economic statistics",
        ),
    }
    came = START.isoformat() if more.get("submission") else None
    return {
        "id": identity(f"nghia-vu-{name}"), "item": item, "name": texts(*titles[item]), "form": "cv17809-1",
        "area_list": "63", "area": "11", "period": "2026-Q3", "completeness": "preliminary", "round": 1,
        "supplier": FINANCE, "room": ROOM, "call": None, "is_shared": False, "is_orphaned": False, "due": "2026-11-22",
        "late_from": START.isoformat(), "closed_from": None, "state": state, "timeliness": timeliness,
        "first_received_at": came, "submission": None, "attempt": None, "section": None, "requested": None,
        "difficulty": None, "is_unaddressed": False, "reminders": 0, "reminded_at": None,
        "questions": [], "supplied": None, "granted": [], "refused": [], **more,
    }  # fmt: skip


def remark(organisation: str, words: str, **more: Any) -> dict[str, Any]:
    """A question or an answer in the thread of a duty, as catalogue answers it."""
    return {
        "id": identity(words), "answers": None,
        "at": START.isoformat(), "organisation": organisation, "words": words, "is_answer": False, "is_open": False,
        "row": None, "column": None, "document": None, "channel": "system", **more,
    }  # fmt: skip


def report(name: str, state: str, timeliness: str, **more: Any) -> dict[str, Any]:
    """What a room owes another, as catalogue answers it."""
    whose = {"supplier": ROOM, "room": SYNTHESIS, "form": None, "completeness": "estimate"}
    return duty(name, "bao-cao-linh-vuc-kinh-te-thang", state, timeliness, **whose, **more)


def change(name: str, what: str, subject: str, **more: Any) -> dict[str, Any]:
    """As catalogue answers it."""
    decided = {"decided_by": "p-lanh-dao-2", "decided_at": START.isoformat()}
    open_ = dict.fromkeys(("decided_by", "decided_at"))
    return {
        "change_id": identity(name), "what": what, "subject": subject, "fields": [], "state": "proposed",
        "proposed_by": "p-quan-tri", "proposed_at": START.isoformat(), "not_before": None,
        **(decided if more.get("state", "proposed") != "proposed" else open_), **more,
    }  # fmt: skip


def asked() -> Callable[[str, str], Any]:
    """What the fakes of an ordinary morning answer to an officer, as `get(service, path)`."""
    client = TestClient(services_of(example()))
    headers = people.headers("p-kinh-te", **PEOPLE["p-kinh-te"])
    return lambda service, path: client.get(path, headers=headers).json()


def receipt_for(sent: dict[str, Any], strangers: int = 5) -> dict[str, Any]:
    """A whole one of an attempt, from a log that holds so many events of others before it."""
    verdict = "returned" if sent["state"] == "returned" else "cleared"
    way = log.path(f"submission.{verdict}", submission=sent["id"], attempt=sent["attempt"])
    return log.receipt_of(way, strangers)
