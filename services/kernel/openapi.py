"""The OpenAPI document of an API, with what its routes share: how one shows who one is, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter
from starlette.routing import BaseRoute

from services.kernel.auth import principal_asking
from services.kernel.problems import MEDIA_TYPE

REFERENCE = "#/components/schemas/{model}"
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Đăng nhập: POST /v1/tokens của danh mục · Log in: POST /v1/tokens of catalogue",
    },
    "statement": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": (
            "«Statement <JWS>», ký bằng khóa Ed25519 của cơ quan (RFC 7515, 8037) · "
            "signed with the agency's Ed25519 key"
        ),
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457: tiếng Việt trước · Vietnamese first",
    "required": ["type", "status", "title", "detail", "en"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:solieu:problem:not-allowed"]},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "en": {
            "type": "object",
            "required": ["title", "detail"],
            "properties": {"title": {"type": "string"}, "detail": {"type": "string"}},
        },
    },
}
UNKNOWN = ("400", "Tham số không có · A parameter that there is not")
NOBODY = ("401", "Chưa biết là ai · It is not known who asks")
FORBIDDEN = ("403", "Không có quyền · Not allowed")


def described(app: FastAPI, more: Mapping[str, type] | None = None) -> dict[str, Any]:
    """The document; `more` are types that no route has as its body, by the name that they get in it."""
    found = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for context in iter_route_contexts(app.routes):
        operations = found["paths"].get(context.path, {})
        dependant = getattr(context, "dependant", None)
        for method in context.methods or ():
            if dependant is not None and (operation := operations.get(method.lower())):
                _refuses(operation, dependant, context.original_route)
    components = found.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name, kind in (more or {}).items():
        made = TypeAdapter(kind).json_schema(ref_template=REFERENCE)
        schemas |= made.pop("$defs", {})
        schemas[name] = made
    return found


def _refuses(operation: dict[str, Any], dependant: Dependant, route: BaseRoute) -> None:
    """What an operation refuses, and what it lets in by."""
    refusals = [] if getattr(route, "takes_any_parameter", False) else [UNKNOWN]
    marks = list(_marks(dependant))
    if marks:
        by_signature = any(mark.get("by_signature") for mark in marks)
        operation["security"] = [{"token": []}, *([{"statement": []}] if by_signature else [])]
        refusals += [NOBODY, FORBIDDEN]
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    for status, description in refusals:
        operation["responses"].setdefault(status, {"description": description, "content": content})


def _marks(dependant: Dependant) -> Iterator[dict[str, Any]]:
    """What dependencies that ask who it is say of themselves (auth.allowed, signed.reader)."""
    mark = getattr(dependant.call, "__dict__", {})
    if "action" in mark or dependant.call is principal_asking:
        yield mark
    for one in dependant.dependencies:
        yield from _marks(one)
