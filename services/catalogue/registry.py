"""A read-only part of Confluent's schema registry API, so that any consumer decodes the topics by the ids in them.

The schemas are those of schemas/ids.json; they are no secret, and nothing can be registered here. Answers and errors
have the registry's own forms, which its clients read; so an error is no problem detail, but its text says the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from services.kernel.released_schemas import LockedSchema, locked
from services.model.messages import texts

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
LARGEST_VERSION = 2**31 - 1


class RegistryError(Exception):
    """What the registry doesn't have: status and, in it, the registry's own `error_code`."""

    def __init__(self, error_code: int, message: str, **values: object) -> None:
        said = texts(f"catalogue.registry.{message}", **values)
        self.status = error_code // 100
        self.body = {"error_code": error_code, "message": f"{said.vi} · {said.en}"}
        super().__init__(said.en)


@dataclass(frozen=True)
class Registry:
    """The released schemas, oldest first."""

    schemas: Sequence[LockedSchema]

    def subjects(self) -> list[str]:
        """All subjects, by name."""
        return sorted({schema.subject for schema in self.schemas})

    def versions(self, subject: str) -> list[LockedSchema]:
        """The versions of a subject, oldest first; raises RegistryError where there is no such subject."""
        schemas = [schema for schema in self.schemas if schema.subject == subject]
        if not schemas:
            raise RegistryError(40401, "subject", subject=subject)
        return schemas

    def version(self, subject: str, version: str) -> LockedSchema:
        """One version: a number, or `latest` and -1 for the newest. Raises RegistryError."""
        versions = self.versions(subject)
        if version in ("latest", "-1"):
            return versions[-1]
        number = int(version) if version.isascii() and version.isdecimal() else 0
        if not 1 <= number <= LARGEST_VERSION:
            raise RegistryError(42202, "version-form", version=version)
        for schema in versions:
            if schema.version == number:
                return schema
        raise RegistryError(40402, "version", version=version, subject=subject)

    def by_id(self, id_: str, subject: str | None = None) -> LockedSchema:
        """The schema with this id, of this subject if one is named; raises RegistryError."""
        for schema in self.schemas:
            if str(schema.id) == id_ and subject in (None, "", schema.subject):
                return schema
        raise RegistryError(40403, "schema", id=id_)


@cache
def registry() -> Registry:
    """The registry of the product's schemas."""
    return Registry(locked())


class _Route(APIRoute):
    """Answers a RegistryError in the registry's form, and lets its clients send parameters of that API that are not
    declared here.
    """

    takes_any_parameter = True

    def get_route_handler(self) -> Any:
        handle = super().get_route_handler()

        async def answer(request: Any) -> Response:
            try:
                response: Response = await handle(request)
            except RegistryError as error:
                return Answer(error.body, error.status)
            return response

        return answer


class Answer(JSONResponse):
    """JSON as the registry says it."""

    media_type = MEDIA_TYPE


router = APIRouter(tags=["registry"], default_response_class=Answer, route_class=_Route)
Known = Annotated[Registry, Depends(registry)]


@router.get("/subjects", summary="Các chủ đề · Subjects")
def subjects(known: Known) -> list[str]:
    """`<topic>-value` of each topic, and `<topic>-key` where its key is a record."""
    return known.subjects()


@router.get("/subjects/{subject}/versions", summary="Các phiên bản · Versions of a subject")
def versions(known: Known, subject: str) -> list[int]:
    """Their numbers, oldest first."""
    return [version.version for version in known.versions(subject)]


@router.get("/subjects/{subject}/versions/{version}", summary="Một phiên bản · One version")
def version(known: Known, subject: str, version: str) -> dict[str, Any]:
    """The schema with its id; `latest` is the newest."""
    schema = known.version(subject, version)
    head = {"subject": schema.subject, "version": schema.version, "id": schema.id}
    return {**head, "schema": _text(schema)}


@router.get("/subjects/{subject}/versions/{version}/schema", summary="Lược đồ · The schema alone")
def schema_of_version(known: Known, subject: str, version: str) -> dict[str, Any]:
    """The schema itself, not in quotes."""
    return dict(known.version(subject, version).schema)


@router.get("/schemas/types", summary="Các loại lược đồ · Types of schemas")
def types() -> list[str]:
    """Avro."""
    return ["AVRO"]


@router.get("/schemas/ids/{id}", summary="Lược đồ theo số · The schema with this id")
def schema(known: Known, id: str, subject: str | None = None) -> dict[str, str]:
    """The id is the four bytes after the first of each value, and of each key that is a record."""
    return {"schema": _text(known.by_id(id, subject))}


@router.get("/schemas/ids/{id}/schema", summary="Lược đồ · The schema alone")
def schema_alone(known: Known, id: str, subject: str | None = None) -> dict[str, Any]:
    """The schema itself, not in quotes."""
    return dict(known.by_id(id, subject).schema)


@router.get("/schemas/ids/{id}/versions", summary="Dùng ở đâu · Where it is used")
def versions_of_schema(known: Known, id: str) -> list[dict[str, Any]]:
    """Its subject and version."""
    schema = known.by_id(id)
    return [{"subject": schema.subject, "version": schema.version}]


@router.get("/schemas/ids/{id}/subjects", summary="Dùng ở đâu · Its subjects")
def subjects_of_schema(known: Known, id: str) -> list[str]:
    """One: an id is of one subject."""
    return [known.by_id(id).subject]


@router.get("/config", summary="Quy tắc tương thích · Compatibility")
def config() -> dict[str, str]:
    """What the contract tests of the repository enforce before a schema is locked."""
    return {"compatibilityLevel": "FULL_TRANSITIVE"}


@router.get("/mode", summary="Chế độ · Mode")
def mode() -> dict[str, str]:
    """Nothing can be registered here."""
    return {"mode": "READONLY"}


def _text(entry: LockedSchema) -> str:
    return json.dumps(entry.schema, ensure_ascii=False, separators=(",", ":"))
