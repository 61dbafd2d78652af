"""An API's description for people: one page, made of its OpenAPI document. Nothing of it comes from elsewhere.

The usual pages load their scripts from a foreign server: whoever runs that could have them ask with the reader's
token, and an office without a way out sees nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font-family:monospace}pre{background:#f3f3f3;padding:.5rem;overflow:auto}"
    "section{border-top:1px solid #bbb}h2{font-size:1.1rem}"
)


def page(description: Mapping[str, Any]) -> str:
    """The HTML page of an OpenAPI 3.1 document: each operation, what it takes and answers, and every schema."""
    info = description["info"]
    parts = [
        "<!doctype html><html lang=vi><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width">',
        f"<title>{_text(info['title'])}</title><style>{STYLE}</style>",
        f"<h1>{_text(info['title'])}</h1><p>{_text(info.get('description', ''))}</p>",
        "<p>OpenAPI: <a href=openapi.json>openapi.json</a></p>",
    ]
    for path, operations in description["paths"].items():
        for method in METHODS:
            if method in operations:
                parts += _operation(method, path, operations[method])
    for name, schema in description.get("components", {}).get("schemas", {}).items():
        parts.append(f"<section id={_anchor(name)}><h2>{_text(name)}</h2>{_json(schema)}</section>")
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<section><h2><code>{method.upper()} {_text(path)}</code></h2>"
    yield f"<p><strong>{_text(operation.get('summary', ''))}</strong></p>"
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<ul>"
        for parameter in parameters:
            need = " *" if parameter.get("required") else ""
            kind = json.dumps(parameter.get("schema", {}), ensure_ascii=False)
            said = f"{_text(parameter['name'])}</code>{need} ({_text(parameter['in'])}) <code>{_text(kind)}"
            yield f"<li><code>{said}</code> {_text(parameter.get('description', ''))}</li>"
        yield "</ul>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>→ {_text(kind)} {_schema(content.get('schema', {}))}</p>"
    for status, answer in operation.get("responses", {}).items():
        shown = [_schema(media.get("schema", {})) for media in answer.get("content", {}).values()]
        yield f"<p>← {_text(status)} {_text(answer.get('description', ''))} {' '.join(shown)}</p>"
    yield "</section>"


def _schema(schema: Mapping[str, Any]) -> str:
    """A link to a named schema, or the schema itself."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"<a href=#{_anchor(name)}>{_text(name)}</a>"
    return _json(schema) if schema else ""


def _json(schema: Any) -> str:
    return f"<pre>{_text(json.dumps(schema, ensure_ascii=False, indent=1))}</pre>"


def _anchor(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def _text(text: object) -> str:
    return escape(str(text))
