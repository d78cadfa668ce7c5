"""The OpenAPI document: the addresses with the types of the contract, and every answer that there can be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ritournelle.serving.api import contract
from ritournelle.serving.api.problems import MEDIA_TYPE

ADDRESS = "/v1/openapi.json"
_REF = "#/components/schemas/{name}"
_TYPES = (
    contract.Problem,
    contract.ListOut,
    contract.PopularOut,
    contract.SimilarOut,
    contract.HistoryOut,
    contract.ListensOut,
    contract.FeedbackOut,
    contract.ExclusionsOut,
    contract.ErasureOut,
    contract.ExportOut,
    contract.ListenIn,
    contract.FeedbackIn,
    contract.ListenExclusion,
    contract.TrackExclusion,
    contract.ArtistExclusion,
    contract.SessionExclusion,
)
_REFUSALS = {
    400: "The request cannot be read.",
    401: "An API key is needed.",
    403: "The API key lacks the scope, or the recommendation was issued to another listener.",
    404: "There is no such address, recommendation or erasure.",
    405: "The address has no such method.",
    410: "The recommendation is too old for feedback, or the listener was forgotten.",
    413: "The body, or the batch, is too large.",
    415: "The body is not `application/json`.",
    421: "The server does not answer to that name.",
    422: "The request can be read, and says something impossible.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "This cannot be done now; try again.",
}


def answers(kind: Any, told: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What an operation answers when all is well, for `responses=`."""
    return {status: {"description": told, "content": {"application/json": {"schema": _schema(kind)}}}}


def takes(kind: Any) -> dict[str, Any]:
    """What an operation takes as its body, for `openapi_extra=`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(kind)}}}}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application whose routes use `answers` and `takes`."""
    made = get_openapi(title="Ritournelle", version=app.version, summary=app.summary, routes=app.routes)
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    parts = made.setdefault("components", {})
    parts["schemas"] = dict(sorted(components.items()))
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "Once there is a key."}}
    refusals = {str(status): _refusal(told) for status, told in _REFUSALS.items()}
    for methods in made["paths"].values():
        for operation in methods.values():
            own = {status: told for status, told in operation["responses"].items() if status != "422"}
            operation["responses"] = dict(sorted((refusals | own).items()))
            operation["security"] = [{}, {"key": []}]
    return made


def methods_of(described: Mapping[str, Any]) -> Sequence[tuple[re.Pattern[str], str]]:
    """The addresses of a document, as patterns, and their methods."""
    return [
        (re.compile(re.sub(r"{\w+}", "[^/]+", path)), ", ".join(sorted(method.upper() for method in methods)))
        for path, methods in described["paths"].items()
    ]


def _refusal(told: str) -> dict[str, Any]:
    return {"description": told, "content": {MEDIA_TYPE: {"schema": _schema(contract.Problem)}}}


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema
