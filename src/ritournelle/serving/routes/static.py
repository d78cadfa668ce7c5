"""The files that pages load; names are looked up, never turned into paths."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request, Response

from ritournelle.serving.assets import Asset

_FOR_EVER = "public, max-age=31536000, immutable"


def static_routes(assets: Mapping[str, Asset]) -> APIRouter:
    """`/static/{name}`, gzipped for those that take it."""
    router = APIRouter()

    @router.get("/static/{name}", include_in_schema=False)
    def read(name: str, request: Request, v: str = "") -> Response:
        asset = assets.get(name)
        if asset is None:
            raise HTTPException(404)
        headers = {"ETag": f'"{asset.tag}"', "Vary": "Accept-Encoding"}
        # Only the address with the right tag never changes what it means.
        headers["Cache-Control"] = _FOR_EVER if v == asset.tag else "no-cache"
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(asset.packed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    return router
