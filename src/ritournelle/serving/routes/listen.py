"""The Listen page: choose a listener, see their list and what it is made of, and say what is thought of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.forms import Forms
from ritournelle.serving.ids import an_id
from ritournelle.serving.listen_saying import say
from ritournelle.serving.listen_view import listen_view
from ritournelle.serving.pages import Pages, lang_query
from ritournelle.serving.refusing import PAGE_ERRORS, refused
from ritournelle.serving.writing import Writer

_CHOOSE = "/listen"
_SOME = 6


def listen_routes(api: ApiParts, pages: Pages, forms: Forms) -> APIRouter:
    """`/listen`, `/listen/{id}`, and what its buttons say: `POST /listen/{id}`."""
    router = APIRouter()

    @router.get(_CHOOSE, include_in_schema=False)
    def choose(request: Request, listener: str = "") -> Response:
        texts, wanted = pages.texts(request), an_id(listener.strip())
        if wanted is not None:
            return RedirectResponse(f"{_CHOOSE}/{wanted}{lang_query(request, texts)}", 303)
        some = [one for one in api.catalogue.some_listeners(2 * _SOME) if not api.is_forgotten(one)][:_SOME]
        problem = texts("listen.no_id") if listener else ""
        return pages.write(request, "choose.html", "listen", 422 if problem else 200, some=some, problem=problem)

    @router.get("/listen/{listener}", include_in_schema=False)
    def listen(request: Request, listener: str, said: str = "") -> Response:
        texts = pages.texts(request)
        try:
            user_id, now = _listener(listener), api.clock()
            write = Writer(texts.language, now)
            view = listen_view(api, user_id, texts, write)
            told = texts(f"said.{said}") if texts.has(f"said.{said}") else ""
            shown: dict[str, Any] = {"view": view, "write": write, "told": told, "token": forms.token}
            return pages.write(request, "listen.html", "listen", **shown)
        except PAGE_ERRORS as error:
            return pages.refuse(request, "listen", refused(error, texts), _CHOOSE)

    @router.post("/listen/{listener}", include_in_schema=False)
    async def tell(request: Request, listener: str) -> Response:
        texts, is_in_place = pages.texts(request), "application/json" in request.headers.get("Accept", "")
        try:
            user_id, fields = _listener(listener), await forms.read(request)
            said = await run_in_threadpool(say, api, user_id, fields)
        except PAGE_ERRORS as error:
            why = refused(error, texts)
            if is_in_place:
                return JSONResponse({"told": why.sentence}, why.status)
            return pages.refuse(request, "listen", why, f"{_CHOOSE}/{listener}")
        if is_in_place:
            return JSONResponse({"told": texts(f"said.{said}")})
        query = {"said": said} | ({"lang": texts.language} if lang_query(request, texts) else {})
        return RedirectResponse(f"{_CHOOSE}/{user_id}?{urlencode(query)}#told", 303)

    return router


def _listener(text: str) -> int:
    user_id = an_id(text)
    if user_id is None:
        raise Refusal(404, "listener", "a listener's id is a whole number")
    return user_id
