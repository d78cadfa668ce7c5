"""What listeners tell: listens, feedback, and what they want out of their taste."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from ritournelle.domain.taste import TasteExclusion
from ritournelle.serving.api.bodies import read_body
from ritournelle.serving.api.contract import (
    ExclusionIn,
    ExclusionOut,
    ExclusionsOut,
    FeedbackIn,
    FeedbackOut,
    ListenIn,
    ListensOut,
)
from ritournelle.serving.api.dialogue import hear_exclusion, hear_feedback
from ritournelle.serving.api.document import answers, takes
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.api.turns import take_turns
from ritournelle.serving.api.writing import as_json

AnId = Annotated[int, Path(alias="id", ge=-(2**63), le=2**63 - 1)]
_EXCLUSION = "/users/{id}/taste-exclusions"
_IN_FORCE = answers(ExclusionsOut, "All exclusions that are in force now; the next list knows them.")


def listening_routes(parts: ApiParts) -> APIRouter:
    """Everything that tells; nothing is acknowledged before it is durable."""
    router = APIRouter(prefix="/v1")

    @router.post(
        "/listens",
        status_code=202,
        openapi_extra=takes(ListenIn | list[ListenIn]),
        responses=answers(ListensOut, "All of them are durable; the same listen told again is the same.", 202),
    )
    async def listens(request: Request) -> Response:
        """One listen or a batch of them: all are taken, or none."""
        told = await read_body(request, ListenIn | list[ListenIn], parts.most_bytes)
        batch = told if isinstance(told, list) else [told]
        if len(batch) > parts.most_listens:
            raise Refusal(413, "batch_too_large", f"a batch may have {parts.most_listens} listens at most")
        take_turns(parts, {one.user_id for one in batch})
        ids = await run_in_threadpool(parts.telling.listens, batch, parts.clock())
        return as_json(ListensOut(accepted=len(ids), listen_ids=ids), 202)

    @router.post(
        "/feedback",
        status_code=202,
        openapi_extra=takes(FeedbackIn),
        responses=answers(FeedbackOut, "It is durable; the same feedback given again counts once.", 202),
    )
    async def feedback(request: Request) -> Response:
        """Whether a recommendation was useful, or what was done with it: play, skip, like, hide.

        To hide a recommendation is to exclude its track from the taste as well; `DELETE` takes that back.
        """
        told = await read_body(request, FeedbackIn, parts.most_bytes)
        given = await run_in_threadpool(hear_feedback, parts, told)
        return as_json(FeedbackOut(feedback_id=given.feedback_id, kind=given.kind), 202)

    @router.get(_EXCLUSION, responses=_IN_FORCE)
    def exclusions(user_id: AnId) -> Response:
        """What a listener has taken out of their taste."""
        return as_json(_in_force(parts, user_id))

    @router.put(_EXCLUSION, openapi_extra=takes(ExclusionIn), responses=_IN_FORCE)
    async def exclude(request: Request, user_id: AnId) -> Response:
        """Take a listen, a track, an artist or a session out of the taste; never recommend the track or artist."""
        return await _exclude(parts, request, user_id, True)

    @router.delete(_EXCLUSION, openapi_extra=takes(ExclusionIn), responses=_IN_FORCE)
    async def include(request: Request, user_id: AnId) -> Response:
        """Take an exclusion back, by saying the same again; what was never excluded stays as it is."""
        return await _exclude(parts, request, user_id, False)

    return router


async def _exclude(parts: ApiParts, request: Request, user_id: int, is_active: bool) -> Response:
    told = await read_body(request, ExclusionIn, parts.most_bytes)

    def tell() -> ExclusionsOut:
        hear_exclusion(parts, user_id, told, is_active=is_active)
        return _in_force(parts, user_id)

    return as_json(await run_in_threadpool(tell))


def _in_force(parts: ApiParts, user_id: int) -> ExclusionsOut:
    return ExclusionsOut(user_id=user_id, exclusions=[_out(one) for one in parts.lists.exclusions_of(user_id)])


def _out(one: TasteExclusion) -> ExclusionOut:
    return ExclusionOut(
        exclusion_id=one.exclusion_id,
        kind=one.kind,
        target=one.target,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        is_active=one.is_active,
        changed_at=one.changed_at,
    )
