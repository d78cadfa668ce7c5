"""Sign in with an API key, and out again: a browser keeps a session in a cookie, and no key."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from ritournelle.errors import SettingsError
from ritournelle.serving.api.gate import SIGN_IN, SIGN_OUT, session_of
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.api.sessions import COOKIE, LIFETIME_SECONDS
from ritournelle.serving.forms import BadForm, Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.refusing import refused

_HOME = "/health"


def signing_routes(api: ApiParts, pages: Pages, forms: Forms) -> APIRouter:
    """`/sign-in` and `POST /sign-out`; who has no key yet may see them."""
    router = APIRouter()

    @router.get(SIGN_IN, include_in_schema=False)
    def ask(request: Request) -> Response:
        return _asked(request, pages, "")

    @router.post(SIGN_IN, include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        texts = pages.texts(request)
        try:
            fields = await forms.read(request)
            key = await run_in_threadpool(api.keyring.find, fields.get("key", "").strip())
        except BadForm as error:
            return pages.refuse(request, "", refused(error, texts), SIGN_IN)
        except SettingsError:
            return pages.refuse(request, "", refused(Refusal(503, "keys", ""), texts), SIGN_IN)
        if key is None:
            return _asked(request, pages, texts("sign_in.wrong"))
        answer = RedirectResponse(own_address(request.query_params.get("next", "")), 303)
        session, is_secure = api.guard.sessions.begin(key.key_id), request.url.scheme == "https"
        answer.set_cookie(COOKIE, session, max_age=LIFETIME_SECONDS, httponly=True, samesite="strict", secure=is_secure)
        return answer

    @router.post(SIGN_OUT, include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        try:
            await forms.read(request)
        except BadForm as error:
            return pages.refuse(request, "", refused(error, pages.texts(request)), _HOME)
        api.guard.sessions.end(session_of(request.headers))
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return router


def refuse_in_words(pages: Pages, request: Request, refusal: Refusal) -> Response:
    """What a browser that is not let in gets: the page to sign in, or the reason."""
    if refusal.status == 401 and request.method == "GET":
        here = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': here})}", 303)
    answer = pages.refuse(request, "", refused(refusal, pages.texts(request)), _HOME)
    answer.headers.update(refusal.headers)
    return answer


def own_address(text: str) -> str:
    """Where to go on: an address of this server; else the health page."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_own and len(text) < 2_000 and text.isascii() else _HOME


def _asked(request: Request, pages: Pages, problem: str) -> Response:
    wanted = own_address(request.query_params.get("next", ""))
    query = urlencode(
        {"next": wanted} | ({"lang": request.query_params["lang"]} if "lang" in request.query_params else {})
    )
    return pages.write(request, "sign_in.html", "", 401 if problem else 200, problem=problem, query=query)
