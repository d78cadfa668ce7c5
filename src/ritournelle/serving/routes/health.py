"""The health page, its charts, and the same as JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from ritournelle.errors import RitournelleError
from ritournelle.monitoring.health import Health
from ritournelle.serving.assets import locales
from ritournelle.serving.drawing import draw
from ritournelle.serving.language import Texts
from ritournelle.serving.numbers import DAYS_OF_TABLES, all_charts, said
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import Parts
from ritournelle.serving.snapshot import take_snapshot
from ritournelle.serving.state import state_of
from ritournelle.serving.view import HealthView
from ritournelle.serving.writing import Writer


def health_routes(parts: Parts, pages: Pages, token: str) -> APIRouter:
    """`/health`, `/health/charts`, `/v1/health`; none of them asks the warehouse. `token` goes into forms."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def home() -> Response:
        return RedirectResponse("/health")

    @router.get("/health", include_in_schema=False)
    def page(request: Request) -> Response:
        try:
            return _page(parts, pages, request, token)
        except RitournelleError as error:
            return pages.write(request, "unreadable.html", "health", status=503, problem=str(error))

    @router.get("/health/charts", include_in_schema=False)
    def charts(request: Request) -> Response:
        texts = pages.texts(request)
        drawn = all_charts(parts, texts)
        specs = [{"name": chart.name, "spec": chart.spec} for chart in drawn if chart.rows]
        return JSONResponse({"locales": locales(texts.language), "charts": specs}, headers={"Vary": "Accept-Language"})

    @router.get("/v1/health")
    def told(request: Request) -> Response:
        return _told(parts, pages.texts(request))

    return router


def _page(parts: Parts, pages: Pages, request: Request, token: str) -> Response:
    texts = pages.texts(request)
    snapshot = take_snapshot(parts)
    writer = Writer(texts.language, snapshot.at)
    view = HealthView(snapshot, parts.graph(), texts, writer)
    return pages.write(
        request,
        "health.html",
        "health",
        snapshot=snapshot,
        state=state_of(snapshot, texts, writer),
        view=view,
        drawing=draw(view.nodes),
        charts=all_charts(parts, texts, DAYS_OF_TABLES),
        write=writer,
        token=token,
        is_reported="reported" in request.query_params,
        said=lambda word: said(word, texts),
    )


def _told(parts: Parts, texts: Texts) -> Response:
    headers = {"Content-Language": texts.language, "Vary": "Accept-Language"}
    try:
        content: dict[str, Any] = parts.report().to_dict(texts.language)
    except RitournelleError as error:
        return JSONResponse({"health": Health.CRITICAL, "problem": str(error)}, 503, headers)
    return JSONResponse(content, headers=headers)
