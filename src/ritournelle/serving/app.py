"""The web application: every part handed in, every route in a module of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ritournelle import __version__
from ritournelle.serving.assets import VEGA, Asset, addresses, own_assets
from ritournelle.serving.forms import Forms
from ritournelle.serving.pages import Pages
from ritournelle.serving.parts import Parts
from ritournelle.serving.routes.health import health_routes
from ritournelle.serving.routes.incidents import incident_routes
from ritournelle.serving.routes.metrics import metric_routes
from ritournelle.serving.routes.probes import probe_routes
from ritournelle.serving.routes.static import static_routes
from ritournelle.serving.security import SecureHeaders
from ritournelle.serving.watchman import EVERY_SECONDS, watching


def create_app(parts: Parts, vega: Asset | None = None, *, look_every_seconds: float = EVERY_SECONDS) -> FastAPI:
    """The ASGI app; without `vega` the page has its tables and no charts."""
    assets = own_assets() | ({VEGA: vega} if vega else {})
    pages, forms = Pages(addresses(assets)), Forms()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with watching(parts.look, look_every_seconds):
            yield

    # FastAPI's own pages of the API would load their scripts from elsewhere.
    app = FastAPI(title="Ritournelle", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(SecureHeaders)
    for router in (
        health_routes(parts, pages, forms.token),
        incident_routes(parts.report_trouble, pages, forms),
        probe_routes(parts),
        metric_routes(parts),
        static_routes(assets),
    ):
        app.include_router(router)
    return app
