"""The Tracks page: a search in titles and artists, and one track with what is like it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.ids import an_id
from ritournelle.serving.pages import Pages
from ritournelle.serving.refusing import PAGE_ERRORS, refused
from ritournelle.serving.searching import MOST_CHARACTERS
from ritournelle.serving.similar_view import similar_view
from ritournelle.serving.writing import Writer

_MOST_FOUND, _MOST_ALIKE = 30, 12


def track_routes(api: ApiParts, pages: Pages) -> APIRouter:
    """`/tracks?q=`, `/tracks/{id}`."""
    router = APIRouter()

    @router.get("/tracks", include_in_schema=False)
    def search(request: Request, q: str = "") -> Response:
        texts, wanted = pages.texts(request), q.strip()[:MOST_CHARACTERS]
        try:
            found = api.catalogue.search(wanted, _MOST_FOUND) if wanted else ()
            popular = None if wanted else api.tracks.popular(_MOST_ALIKE, api.clock())
            return pages.write(
                request, "tracks.html", "tracks", q=wanted, found=found, popular=popular, most=_MOST_FOUND
            )
        except PAGE_ERRORS as error:
            return pages.refuse(request, "tracks", refused(error, texts), "/tracks")

    @router.get("/tracks/{track}", include_in_schema=False)
    def one(request: Request, track: str) -> Response:
        texts, track_id = pages.texts(request), an_id(track)
        try:
            facts = None if track_id is None else api.catalogue.track(track_id)
            if facts is None or track_id is None:
                raise Refusal(404, "track", "there is no such track")
            alike = similar_view(api.tracks.similar(track_id, _MOST_ALIKE), texts)
            write = Writer(texts.language, api.clock())
            return pages.write(request, "track.html", "tracks", facts=facts, alike=alike, write=write)
        except PAGE_ERRORS as error:
            return pages.refuse(request, "tracks", refused(error, texts), "/tracks")

    return router
