"""Somebody who uses the data tells of trouble: a form of the health page, and the incident that it opens."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from ritournelle.errors import PermanentError
from ritournelle.serving.forms import BadForm, Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import ReportTrouble


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
            return pages.write(request, "refused.html", "health", error.status, problem=str(error))
        except PermanentError as error:  # what was written cannot be taken, and the error says why
            return pages.write(request, "refused.html", "health", 422, problem=str(error))
        return RedirectResponse(f"/health?lang={texts.language}&reported=1#incidents", 303)

    return router
