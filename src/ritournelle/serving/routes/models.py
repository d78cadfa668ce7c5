"""The Models page: who serves and why, how good each was night after night; promote and roll back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.assets import locales
from ritournelle.serving.forms import Forms
from ritournelle.serving.models import Models
from ritournelle.serving.models_view import models_view
from ritournelle.serving.numbers import quality_over_time
from ritournelle.serving.pages import Pages, lang_query
from ritournelle.serving.parts import Parts
from ritournelle.serving.refusing import PAGE_ERRORS, refused
from ritournelle.serving.writing import Writer

_HERE = "/models"
_DAYS_OF_TABLE = 90
_BY_HAND = "by hand, on the page"
_MOST_CHARACTERS = 200


def model_routes(parts: Parts, api: ApiParts, pages: Pages, forms: Forms) -> APIRouter:
    """`/models`, `/models/charts`, and what its buttons do: `POST /models`."""
    router = APIRouter()

    @router.get(_HERE, include_in_schema=False)
    def models(request: Request, done: str = "") -> Response:
        texts = pages.texts(request)
        write = Writer(texts.language, api.clock())
        try:
            shown: dict[str, Any] = {
                "view": models_view(api.models.shelf(), texts, write),
                "chart": quality_over_time(parts, texts, _DAYS_OF_TABLE),
                "told": texts(f"done_models.{done}") if texts.has(f"done_models.{done}") else "",
            }
            return pages.write(request, "models.html", "models", write=write, token=forms.token, **shown)
        except PAGE_ERRORS as error:
            return pages.refuse(request, "models", refused(error, texts), "/health")

    @router.get("/models/charts", include_in_schema=False)
    def charts(request: Request) -> Response:
        texts = pages.texts(request)
        chart = quality_over_time(parts, texts)
        specs = [{"name": chart.name, "spec": chart.spec}] if chart.rows else []
        return JSONResponse({"locales": locales(texts.language), "charts": specs}, headers={"Vary": "Accept-Language"})

    @router.post(_HERE, include_in_schema=False)
    async def change(request: Request) -> Response:
        texts = pages.texts(request)
        try:
            fields = await forms.read(request)
            done = await run_in_threadpool(_change, api.models, fields)
        except PAGE_ERRORS as error:
            return pages.refuse(request, "models", refused(error, texts), _HERE)
        query = {"done": done} | ({"lang": texts.language} if lang_query(request, texts) else {})
        return RedirectResponse(f"{_HERE}?{urlencode(query)}#told", 303)

    return router


def _change(models: Models, fields: Mapping[str, str]) -> str:
    """What was done, as the key of its text; raises `Refusal`, `ModelError`, `RunInProgressError`."""
    why = fields.get("why", "").strip()[:_MOST_CHARACTERS] or _BY_HAND
    if not why.isprintable():
        raise Refusal(422, "invalid", "the reason is a line of text")
    if "promote" in fields:
        models.promote(fields["promote"], why)
        return "promoted"
    if "roll_back" in fields:
        models.roll_back(why)
        return "rolled_back"
    raise Refusal(422, "invalid", "no button of this page says that")
