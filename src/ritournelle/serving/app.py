"""The web application: every part handed in, every route in a module of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from ritournelle import __version__
from ritournelle.serving.api.document import ADDRESS, document, methods_of
from ritournelle.serving.api.gate import Gate
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import tell_problems
from ritournelle.serving.assets import VEGA, Asset, addresses, own_assets
from ritournelle.serving.forms import Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import Parts
from ritournelle.serving.readiness import Readiness
from ritournelle.serving.routes.health import health_routes
from ritournelle.serving.routes.incidents import incident_routes
from ritournelle.serving.routes.listeners import listener_routes
from ritournelle.serving.routes.listening import listening_routes
from ritournelle.serving.routes.metrics import metric_routes
from ritournelle.serving.routes.probes import probe_routes
from ritournelle.serving.routes.recommendations import recommendation_routes
from ritournelle.serving.routes.static import static_routes
from ritournelle.serving.security import SecureHeaders
from ritournelle.serving.watchman import EVERY_SECONDS, watching


def create_app(
    parts: Parts, vega: Asset | None = None, *, api: ApiParts | None = None, look_every_seconds: float = EVERY_SECONDS
) -> FastAPI:
    """The ASGI app; without `vega` the page has its tables and no charts, without `api` there are pages only.

    The lifespan closes the API's parts.
    """
    assets = own_assets() | ({VEGA: vega} if vega else {})
    pages, forms = Pages(addresses(assets)), Forms()
    readiness = _readiness(parts, api)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with watching(parts.look, look_every_seconds):
            yield
        if api is not None:
            api.close()

    # FastAPI's own pages of the API would load their scripts from elsewhere.
    app = FastAPI(
        title="Ritournelle", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    tell_problems(app)
    if api is not None:
        app.add_middleware(Gate, guard=api.guard)
    app.add_middleware(SecureHeaders)  # outermost: its headers stand on refusals, too
    for router in (
        health_routes(parts, pages, forms.token),
        incident_routes(parts.report_trouble, pages, forms),
        probe_routes(readiness),
        metric_routes(parts),
        static_routes(assets),
    ):
        app.include_router(router)
    if api is not None:
        _include_api(app, api)
    return app


def _readiness(parts: Parts, api: ApiParts | None) -> Readiness:
    def journal() -> str:
        parts.journal.rows("SELECT count(*) AS runs FROM runs")
        return ""

    return Readiness({"journal": journal} | dict(api.checks if api is not None else {}))


def _include_api(app: FastAPI, api: ApiParts) -> None:
    app.include_router(recommendation_routes(api))
    app.include_router(listening_routes(api))
    app.include_router(listener_routes(api))
    described = document(app)
    app.state.methods = methods_of(described)

    @app.get(ADDRESS, include_in_schema=False)
    async def described_as() -> Response:
        return JSONResponse(described)
