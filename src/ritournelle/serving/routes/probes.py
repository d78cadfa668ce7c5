"""What load balancers and supervisors ask: is the process alive, and can it answer what it is asked."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from ritournelle.serving.api.problems import RETRY_AFTER_SECONDS, problem
from ritournelle.serving.readiness import Readiness

NOT_READY = "not_ready"


def probe_routes(readiness: Readiness) -> APIRouter:
    """`/health/live`: the process answers. `/health/ready`: 200 when nothing is missing, else 503 that names what is.

    How healthy the platform is, is another question: a page that tells of trouble is ready to tell it. Lists are
    answered without a model and a publication, too, by what is popular or with the reason why there is none.
    """
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"live": True})

    @router.get("/health/ready")
    def ready() -> Response:
        missing = readiness.missing()
        if not missing:
            return JSONResponse({"ready": True})
        told = [f"{name}: {why}" for name, why in missing.items()]
        after = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(503, f"not ready: {', '.join(missing)}", NOT_READY, told, after)

    return router
