"""What to hear next, and what was heard: lists, popular and similar tracks, histories."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from ritournelle.serving.api.contract import HistoryOut, ListOut, PopularOut, SimilarOut
from ritournelle.serving.api.dialogue import answer_list, trouble_of
from ritournelle.serving.api.document import answers
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.stored import Ready
from ritournelle.serving.api.writing import as_json

_MOST = 1_000
_LEAST_ID, _MOST_ID = -(2**63), 2**63 - 1
AnId = Annotated[int, Path(alias="id", ge=_LEAST_ID, le=_MOST_ID)]
K = Annotated[int, Query(ge=1, le=_MOST, description="How many tracks.")]
MaybeK = Annotated[int | None, Query(ge=1, le=_MOST, description="How many tracks; by default as many as are stored.")]
Context = Annotated[
    str,
    Query(
        max_length=1_100,
        pattern=r"^(-?[0-9]{1,19}(,-?[0-9]{1,19}){0,49})?$",
        description="Ids of up to 50 tracks that were heard just now, separated by commas, the last one at the end.",
    ),
]


def recommendation_routes(parts: ApiParts) -> APIRouter:
    """Everything that reads."""
    router = APIRouter(prefix="/v1")

    @router.get("/users/{id}/recommendations", responses=answers(ListOut, "The list; what was shown is on record."))
    def recommendations(user_id: AnId, k: MaybeK = None, context: Context = "") -> Response:
        """A listener's list; each track has an id of its own, and a reason that is true of what ranked it.

        Whom no model can answer gets what is popular, and `fallback_reason` says why.
        """
        tracks, wanted = context_of(context), k or parts.list_length
        ready = None if tracks or parts.stored.is_local else parts.stored.find(user_id, wanted)
        if ready is not None:  # a store that is local has answered before, see `serving.shortcut`
            return _shown(parts, ready, wanted)
        return as_json(answer_list(parts, user_id, wanted, tracks).to_dict())

    @router.get("/users/{id}/history", responses=answers(HistoryOut, "The listens; none for an unknown user."))
    def history(user_id: AnId, limit: K = 50) -> Response:
        """What a listener heard up to the last run, the latest first."""
        return as_json(parts.tracks.history(user_id, limit))

    @router.get("/tracks/{id}/similar", responses=answers(SimilarOut, "The tracks; `answered_by` says how found."))
    def similar(track_id: AnId, k: K = 20) -> Response:
        """Tracks that the champion finds most like this one; else of the same artist, else popular ones."""
        return as_json(parts.tracks.similar(track_id, k))

    @router.get("/popular", responses=answers(PopularOut, "The tracks, the most played first."))
    def popular(k: K = 20) -> Response:
        """What everybody hears, of the newest days in which enough was heard."""
        return as_json(parts.tracks.popular(k, parts.clock()))

    return router


def _shown(parts: ApiParts, ready: Ready, k: int) -> Response:
    """A stored list; what it shows is on record before."""
    body, record = ready.issued(parts.lists.ids, k, parts.clock())
    parts.lists.broker.publish([record])
    parts.traffic.listed(trouble_of(ready.made))
    return Response(body, media_type="application/json")


def context_of(text: str) -> list[int]:
    """Track ids; those of more than 64 bits are no track's."""
    tracks = [int(part) for part in text.split(",") if part]
    return [track for track in tracks if _LEAST_ID <= track <= _MOST_ID]
