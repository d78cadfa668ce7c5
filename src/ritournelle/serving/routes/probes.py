"""What load balancers and supervisors ask: is the process alive, and can it answer what it is asked."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from ritournelle.errors import RitournelleError
from ritournelle.serving.parts import Parts


def probe_routes(parts: Parts) -> APIRouter:
    """`/health/live`: the process answers. `/health/ready`: 200 when the journal can be read, else 503 that says why.

    How healthy the platform is, is another question: a page that tells of trouble is ready to tell it.
    """
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"live": True})

    @router.get("/health/ready")
    def ready() -> Response:
        try:
            parts.journal.rows("SELECT count(*) AS runs FROM runs")
        except RitournelleError as error:
            return JSONResponse({"ready": False, "problem": str(error)}, 503)
        return JSONResponse({"ready": True})

    return router
