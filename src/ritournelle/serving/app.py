"""The web application: every part handed in, every route in a module of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ritournelle import __version__
from ritournelle.errors import RitournelleError
from ritournelle.serving.api.document import ADDRESS, document, methods_of
from ritournelle.serving.api.gate import Gate
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal, tell_problems
from ritournelle.serving.assets import VEGA, Asset, addresses, own_assets
from ritournelle.serving.forms import Forms
from ritournelle.serving.measuring import Measured
from ritournelle.serving.pages import HEALTH_ONLY, NAVIGATION, Pages
from ritournelle.serving.parts import Parts
from ritournelle.serving.readiness import Readiness
from ritournelle.serving.routes.health import health_routes
from ritournelle.serving.routes.incidents import incident_routes
from ritournelle.serving.routes.listen import listen_routes
from ritournelle.serving.routes.listeners import listener_routes
from ritournelle.serving.routes.listening import listening_routes
from ritournelle.serving.routes.metrics import metric_routes
from ritournelle.serving.routes.models import model_routes
from ritournelle.serving.routes.probes import probe_routes
from ritournelle.serving.routes.recommendations import recommendation_routes
from ritournelle.serving.routes.runbooks import runbook_routes
from ritournelle.serving.routes.signing import refuse_in_words, signing_routes
from ritournelle.serving.routes.static import static_routes
from ritournelle.serving.routes.tracks import track_routes
from ritournelle.serving.security import SecureHeaders
from ritournelle.serving.shortcut import Shortcut
from ritournelle.serving.watchman import EVERY_SECONDS, watching

LOG = logging.getLogger(__name__)


def create_app(
    parts: Parts, vega: Asset | None = None, *, api: ApiParts | None = None, look_every_seconds: float = EVERY_SECONDS
) -> FastAPI:
    """The ASGI app; without `vega` the page has its tables and no charts, without `api` there are pages only.

    The lifespan closes the API's parts.
    """
    assets = own_assets() | ({VEGA: vega} if vega else {})
    forms = Forms()
    pages = Pages(addresses(assets), HEALTH_ONLY if api is None else NAVIGATION, forms.token)
    readiness = _readiness(parts, api)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with watching(_looking(parts, api), look_every_seconds):
            yield
        if api is not None:
            _end(api)

    # FastAPI's own pages of the API would load their scripts from elsewhere.
    app = _Application(
        redirect_slashes=False,  # what is not described has no answer but 404
        title="Ritournelle",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    tell_problems(app)
    app.guarded = _guarded(app.guarded, api, partial(refuse_in_words, pages))
    for router in (
        health_routes(parts, pages, forms.token),
        incident_routes(parts, pages, forms),
        probe_routes(readiness),
        metric_routes(parts, api.traffic if api is not None else None),
        runbook_routes(pages),
        static_routes(assets),
    ):
        app.include_router(router)
    if api is not None:
        _include_api(app, api)
        _include_pages(app, parts, api, pages, forms)
    return app


class _Application(FastAPI):
    """FastAPI behind guards of our own: what they answer by themselves costs none of the framework's layers."""

    guarded: ASGIApp

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.guarded = super().__call__

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.guarded(scope, receive, send)


def _guarded(app: ASGIApp, api: ApiParts | None, in_words: Callable[[Request, Refusal], Response]) -> ASGIApp:
    """The innermost first."""
    if api is not None and api.stored.is_local:
        app = Shortcut(app, api, api.stored, api.publisher)
    if api is not None:
        app = Gate(app, api.guard, in_words)
    app = SecureHeaders(app)  # its headers stand on refusals, too
    return app if api is None else Measured(app, api.traffic)


def _looking(parts: Parts, api: ApiParts | None) -> Callable[[], None]:
    """What the watchman does: tell that this server runs, and look at everything."""

    def look() -> None:
        try:
            if api is not None:
                api.heartbeat.beat()
        finally:
            parts.look()

    return look


def _end(api: ApiParts) -> None:
    try:
        api.heartbeat.end()
    except RitournelleError as error:  # the others will take it for dead
        LOG.warning("that this server ends could not be noted: %s", error)
    api.close()


def _readiness(parts: Parts, api: ApiParts | None) -> Readiness:
    def journal() -> str:
        parts.journal.rows("SELECT count(*) AS runs FROM runs")
        return ""

    return Readiness({"journal": journal} | dict(api.checks if api is not None else {}))


def _include_pages(app: FastAPI, parts: Parts, api: ApiParts, pages: Pages, forms: Forms) -> None:
    app.include_router(listen_routes(api, pages, forms))
    app.include_router(track_routes(api, pages))
    app.include_router(model_routes(parts, api, pages, forms))
    app.include_router(signing_routes(api, pages, forms))


def _include_api(app: FastAPI, api: ApiParts) -> None:
    app.include_router(recommendation_routes(api))
    app.include_router(listening_routes(api))
    app.include_router(listener_routes(api))
    described = document(app)
    app.state.methods = methods_of(described)

    @app.get(ADDRESS, include_in_schema=False)
    async def described_as() -> Response:
        return JSONResponse(described)
