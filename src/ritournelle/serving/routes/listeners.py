"""Listeners as people with rights: to have all that is held of them, and to be forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from ritournelle.serving.api.contract import ErasureOut, ExportOut
from ritournelle.serving.api.document import answers
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.turns import take_turns
from ritournelle.serving.api.writing import as_json

AnId = Annotated[int, Path(alias="id", ge=-(2**63), le=2**63 - 1)]
AnErasure = Annotated[str, Path(alias="erasure_id", max_length=60)]


def listener_routes(parts: ApiParts) -> APIRouter:
    """Exports and erasures."""
    router = APIRouter(prefix="/v1")

    @router.get("/users/{id}/export", responses=answers(ExportOut, "Everything; empty parts for an unknown user."))
    def export(user_id: AnId) -> Response:
        """All that is held of a listener, in the clear: rows by table, messages, exclusions.

        503 while a run is under way, which has the warehouse for itself.
        """
        take_turns(parts, [user_id])
        return as_json(parts.exports.of(user_id, parts.clock()))

    @router.delete(
        "/users/{id}",
        status_code=202,
        responses=answers(ErasureOut, "It is durable: nothing is taken in or told of them any more.", 202),
    )
    def erase(user_id: AnId) -> Response:
        """Forget a listener everywhere (scope `operate`); `Location` names the erasure, which ends in a certificate.

        They are erased as soon as no run is under way; asked again before that, it is the same erasure.
        """
        take_turns(parts, [user_id])
        asked = parts.erasures.ask(user_id, parts.clock())
        answer = as_json(asked, 202)
        answer.headers["Location"] = f"/v1/erasures/{asked.erasure_id}"
        return answer

    @router.get("/erasures/{erasure_id}", responses=answers(ErasureOut, "How far it is; in the end the certificate."))
    def erasure(erasure_id: AnErasure) -> Response:
        """One erasure; it names nobody."""
        return as_json(parts.erasures.find(erasure_id))

    return router
