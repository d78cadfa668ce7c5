"""Trouble as people see it: a form of the health page that opens an incident, and buttons that take and resolve one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from ritournelle.errors import PermanentError
from ritournelle.serving.forms import BadForm, Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import Parts
from ritournelle.serving.refusing import Refused, refused

_BACK = "/health"
_MOST_CHARACTERS = 80
"""Of a name."""


def incident_routes(parts: Parts, pages: Pages, forms: Forms) -> APIRouter:
    """`POST /health/incidents`, `POST /health/incidents/{id}`."""
    router = APIRouter()

    @router.post("/health/incidents", include_in_schema=False)
    async def report(request: Request) -> Response:
        texts = pages.texts(request)
        try:
            fields = await forms.read(request)
            told = (fields.get(name, "") for name in ("subject", "message", "name", "contact"))
            await run_in_threadpool(parts.report_trouble, *told)
        except BadForm as error:
            return pages.refuse(request, "health", refused(error, texts), _BACK)
        except PermanentError as error:  # what was written cannot be taken, and the error says why
            return pages.refuse(request, "health", Refused(422, texts("report.refused"), str(error)), _BACK)
        return RedirectResponse(f"/health?lang={texts.language}&reported=1#incidents", 303)

    @router.post("/health/incidents/{incident_id}", include_in_schema=False)
    async def amend(request: Request, incident_id: str) -> Response:
        texts = pages.texts(request)
        try:
            fields = await forms.read(request)
            name, note = (fields.get(one, "").strip() for one in ("name", "note"))
            name = "".join(letter for letter in name[:_MOST_CHARACTERS] if letter.isprintable())
            await run_in_threadpool(parts.amend_incident, incident_id, fields.get("do", ""), name, note)
        except BadForm as error:
            return pages.refuse(request, "health", refused(error, texts), _BACK)
        except PermanentError as error:
            return pages.refuse(request, "health", Refused(422, texts("incidents.refused"), str(error)), _BACK)
        return RedirectResponse(f"/health?lang={texts.language}#incidents", 303)

    return router
