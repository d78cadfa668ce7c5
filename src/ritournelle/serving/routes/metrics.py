"""What Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ritournelle.serving.metrics import exposition
from ritournelle.serving.parts import Parts
from ritournelle.serving.traffic import Traffic


def metric_routes(parts: Parts, traffic: Traffic | None = None) -> APIRouter:
    """`/metrics`."""
    router = APIRouter()

    @router.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(exposition(parts, traffic), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
