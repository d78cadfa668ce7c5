"""The runbooks, to which incidents and advice lead."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.pages import Pages, lang_query
from ritournelle.serving.refusing import refused
from ritournelle.serving.runbooks import runbook


def runbook_routes(pages: Pages) -> APIRouter:
    """`/runbooks`, `/runbooks/{name}`."""
    router = APIRouter()

    @router.get("/runbooks", include_in_schema=False)
    def every(request: Request) -> Response:
        return RedirectResponse(f"/runbooks/README{lang_query(request, pages.texts(request))}", 303)

    @router.get("/runbooks/{name}", include_in_schema=False)
    def one(request: Request, name: str) -> Response:
        texts = pages.texts(request)
        content = runbook(name, lang_query(request, texts))
        if content is None:
            return pages.refuse(request, "health", refused(Refusal(404, "runbook", ""), texts), "/health")
        return pages.write(request, "runbook.html", "health", content=content)

    return router
