"""Somebody who uses the data tells of trouble: a form of the health page, and the incident that it opens."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from ritournelle.errors import PermanentError
from ritournelle.serving.forms import BadForm, Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import ReportTrouble
from ritournelle.serving.refusing import Refused, refused

_BACK = "/health"


def incident_routes(report_trouble: ReportTrouble, pages: Pages, forms: Forms) -> APIRouter:
    """`POST /health/incidents`."""
    router = APIRouter()

    @router.post("/health/incidents", include_in_schema=False)
    async def report(request: Request) -> Response:
        texts = pages.texts(request)
        try:
            fields = await forms.read(request)
            told = (fields.get(name, "") for name in ("subject", "message", "name", "contact"))
            await run_in_threadpool(report_trouble, *told)
        except BadForm as error:
            return pages.refuse(request, "health", refused(error, texts), _BACK)
        except PermanentError as error:  # what was written cannot be taken, and the error says why
            return pages.refuse(request, "health", Refused(422, texts("report.refused"), str(error)), _BACK)
        return RedirectResponse(f"/health?lang={texts.language}&reported=1#incidents", 303)

    return router
