"""The page `docs/reference/http-api.md`, from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = """# HTTP API

`ritournelle serve` answers it; the OpenAPI document is at `/v1/openapi.json`. (Generated: `make docs`.)

- Bodies and answers are JSON. Ids of users and tracks are the app's, moments have a zone (`2026-11-25T08:00:00Z`).
- What tells something is answered when it lies in the event log, on the disk. To send it again does no harm.
- Lists carry a `recommendation_id` per track. What was shown is on record before the answer is sent.
- Refusals are problem details (RFC 9457, `application/problem+json`): `status` and `title`, `detail` for people, `why` for
  programs, `errors` for places in the request.
- Once there is an API key (`ritournelle keys create`), send one: `Authorization: Bearer …`, or as a password (Basic); browsers sign in with it.
  `GET` needs the scope `read`, all else `write`. The probes and the OpenAPI document need none.
"""


def http_api_page(document: Mapping[str, Any]) -> str:
    """Every address with its parameters and answers, then every type."""
    lines = [_HEAD]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            lines += _operation(f"{method.upper()} {path}", operation)
    lines += ["## Every operation may also answer", "", *_refusals(document), ""]
    for name, schema in document["components"]["schemas"].items():
        lines += _type(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _operation(title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## `{title}`"
    yield ""
    if "description" in operation:
        yield from (operation["description"], "")
    for parameter in operation.get("parameters", ()):
        told = parameter.get("description", "")
        yield f"- `{parameter['name']}` ({parameter['in']}){': ' + told if told else ''}"
    if "requestBody" in operation:
        yield f"- body: {_kind(operation['requestBody']['content']['application/json']['schema'])}"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            yield f"- {status}: {_kind(schema)}{': ' if schema else ''}{answer['description']}"
    yield ""


def _refusals(document: Mapping[str, Any]) -> Iterator[str]:
    (operation, *_) = (one for methods in document["paths"].values() for one in methods.values())
    for status, answer in operation["responses"].items():
        if not status.startswith("2"):
            yield f"- {status}: {answer['description']}"


def _type(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    if "description" in schema:
        yield from (" ".join(schema["description"].split()), "")
    if "enum" in schema:
        yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
    for field, inner in schema.get("properties", {}).items():
        needed = "" if field in schema.get("required", ()) else ", may be absent"
        yield f"- `{field}`: {_kind(inner)}{needed}"
    yield ""


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format", schema.get("type", "")))
