"""What OpenAPI says beyond the types: summaries, examples, and the problems that each route answers."""

from __future__ import annotations

from typing import Any

from services.intake.content import ENDINGS, XLSM, XLSX
from services.intake.refusal import Code
from services.kernel.problems import Problem
from services.model.messages import advice
from services.model.statement import Question, SecretNotice, Statement

SIGNED = {kind.__name__: kind for kind in (Statement, SecretNotice, Question)}
"""What senders sign: it stands in a header, so that no route has it as its body."""

DESCRIPTION = """\
Nhận bảng tính có chữ ký của cơ quan và cho biết từng lần gửi đang ở đâu.

Takes signed workbooks in, and says where each attempt stands.

Tiêu đề · Header `Authorization: Statement <JWS>`: compact JWS (RFC 7515), `alg` Ed25519, `kid` = JWK
thumbprint (RFC 7638).

* `POST`: `Statement`; `aud`: cơ quan thống kê nhận · the statistics office that it is for;
  10 ngày, không trước lần gửi gần nhất · 10 days, not before the latest attempt's
  biểu để trống thì thêm · for a blank form also `nil`: {kind: none_occurred | not_collected, reason}
  sửa lần trước thì thêm · for a correction also `reason`
  chỉ một số phần của biểu thì thêm · for some sections of a form alone also `sections`: [A, B]
* `POST /v1/secret-notices`: `SecretNotice`; không có nội dung · no body
* `GET`: `Question`; `path` có cả phần sau dấu ? · with the query; 5 phút · 5 minutes

Người và chương trình · Persons and programs: `Authorization: Bearer <token>` (danh mục · catalogue: `POST /v1/tokens`).
"""
MEDIA_TYPE = "application/problem+json"


def _problem(code: Code) -> dict[str, Any]:
    """An example of a problem; what its texts name stands as «name»."""
    named = {name: f"«{name}»" for name in _NAMES}
    return Problem(code.status, code.id, *advice(code.message, **named)).body()


_NAMES = (
    "where", "sender", "now", "law", "form", "nearest", "period",
    "area", "area_list", "lists", "limit", "found", "seconds", "unknown", "known",
    "receiver", "office", "number", "day", "days", "attempt", "issued_at",
    "section", "sections", "submission",
)  # fmt: skip


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route, by status, with one example a code."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        response = found.setdefault(code.status, {"content": {MEDIA_TYPE: {"examples": {}}}})
        response["content"][MEDIA_TYPE]["examples"][code.id] = {"value": _problem(code)}
    for status, response in found.items():
        codes_ = ", ".join(code.id for code in codes if code.status == status)
        response["description"] = codes_
    return found


_ASKED = (
    Code.NO_STATEMENT,
    Code.MALFORMED_STATEMENT,
    Code.BAD_SIGNATURE,
    Code.UNKNOWN_KEY,
    Code.KEY_NOT_IN_FORCE,
    Code.OTHER_SENDER,
    Code.CLOCK,
)
_READ = (*_ASKED, Code.OTHER_REQUEST, Code.UNKNOWN_SUBMISSION)
_AWAY = {503: {"description": "unavailable; Retry-After"}}
_BY_STATEMENT: dict[str, Any] = {"security": [{"statement": []}]}

SUBMIT: dict[str, Any] = {
    "summary": "Gửi một bảng tính · Send a workbook",
    "responses": {
        200: {"description": "Đã có từ trước, cùng mã · It was here before, the same id"},
        **problems(
            *_ASKED,
            *(
                code
                for code in Code
                if code.status in (403, 413, 422, 429)
                and code not in (Code.UNKNOWN_RECEIVER, Code.NOT_FOR_USE)
            ),
            Code.NONCE_USED,
            Code.STATEMENT_OLDER,
            Code.SECTION_COVERED,
        ),
        **_AWAY,
    },
    "openapi_extra": {
        **_BY_STATEMENT,
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in ENDINGS
            },
        },
    },
}
STATE: dict[str, Any] = {
    "summary": "Lần gửi đang ở đâu · Where an attempt stands",
    "responses": {**problems(*_READ), **_AWAY},
}
REPORT: dict[str, Any] = {
    "summary": "Báo cáo kiểm tra · The report of the checks",
    "responses": {
        200: {"description": "JSON", "content": {"application/json": {}}},
        **problems(*_READ, Code.NO_REPORT, Code.NOT_FOR_USE, Code.ERASED),
        **_AWAY,
    },
}
MARKED: dict[str, Any] = {
    "summary": "Bảng tính có đánh dấu chỗ sai · The workbook with what was found marked in it",
    "responses": {
        200: {
            "description": "XLSX",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in (XLSX, XLSM)
            },
        },
        **problems(*_READ, Code.NOT_MARKED, Code.NOT_FOR_USE, Code.ERASED),
        **_AWAY,
    },
}
ORIGINAL: dict[str, Any] = {
    "summary": "Bảng tính như đã gửi · The workbook as it was sent",
    "responses": {
        200: {
            "description": "XLSX, XLSM, XLS, ODS, CSV",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in ENDINGS
            },
        },
        **problems(*_READ, Code.NO_REPORT, Code.NOT_FOR_USE, Code.ERASED),
        **_AWAY,
    },
}
LIST: dict[str, Any] = {"responses": {**problems(*_READ), **_AWAY}}
BY_TOKEN: dict[str, Any] = {"responses": {**_AWAY}}
NOTICE: dict[str, Any] = {
    "summary": "Báo có tài liệu mật gửi theo đường khác · That a secret document goes another way",
    "responses": {
        200: {"description": "Đã có từ trước, cùng mã · It was here before, the same id"},
        **problems(
            *_ASKED,
            Code.UNKNOWN_SENDER,
            Code.OTHER_NOTICE,
            Code.BAD_CLAIMS,
            Code.UNKNOWN_RECEIVER,
            Code.TOO_MANY,
        ),
        **_AWAY,
    },
    "openapi_extra": _BY_STATEMENT,
}
