"""The simulated app over HTTP: three endpoints with the contract of the real one, and its controls."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.board import FaultOrder
from ritournelle.simulator.faults.middleware import CONTENT_FAULTS, FaultyApp
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.simulation import Simulation

CONTROLS = "/_simulator"
"""The prefix of the endpoints that the real app does not have."""

_Page = Annotated[int, Query(ge=1)]
_Size = Annotated[int, Query(ge=1, le=100)]


class _FaultBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    source: Source | None = None
    page: int | None = Field(None, ge=1)
    times: int | None = Field(None, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)


def create_app(simulation: Simulation) -> FaultyApp:
    """The ASGI app of a simulation. It has to run on one event loop, which is also the one that changes the world."""
    # The pages of Swagger and ReDoc would load their scripts from elsewhere.
    app = FastAPI(title="Simulated music app", docs_url=None, redoc_url=None)
    app.add_exception_handler(SettingsError, _refuse)
    for source in Source:
        _add_source(app, simulation, source)
    _add_world_controls(app, simulation)
    _add_fault_controls(app, simulation)
    return FaultyApp(app, simulation.faults)


def _add_source(app: FastAPI, simulation: Simulation, source: Source) -> None:
    @app.get(f"/{source}", name=source.value)
    async def read_page(request: Request, page: _Page = 1, size: _Size = 100) -> Response:
        body = simulation.page(source, page, size, request.scope.get(CONTENT_FAULTS, ()))
        return Response(body, media_type="application/json")


def _add_world_controls(app: FastAPI, simulation: Simulation) -> None:
    @app.get(f"{CONTROLS}/state")
    async def state() -> Response:
        return _json(simulation.state())

    @app.get(f"{CONTROLS}/ids/{{source}}")
    async def ids(source: Source) -> Response:
        return _json(simulation.world.ids(source))

    @app.post(f"{CONTROLS}/advance")
    async def advance(days: Annotated[int, Query(ge=1)] = 1, quiet: bool = False) -> Response:
        return _json(simulation.advance(days, quiet=quiet))

    @app.post(f"{CONTROLS}/restart")
    async def restart(seed: Annotated[int | None, Query(ge=0)] = None) -> Response:
        simulation.restart(seed)
        return _json(simulation.state())

    @app.post(f"{CONTROLS}/reset")
    async def reset(request: Request) -> Response:
        simulation.reset(_world_config(await request.body()))
        return _json(simulation.state())

    @app.post(f"{CONTROLS}/listen")
    async def listen(
        users: Annotated[int, Query(ge=1)] = 50, tracks: Annotated[int, Query(ge=1)] = 1, prepend: bool = False
    ) -> Response:
        return _json({"listens_added": simulation.listen(users, tracks=tracks, prepend=prepend)})

    @app.post(f"{CONTROLS}/mutate")
    async def mutate(per_second: Annotated[float, Query(ge=0)]) -> Response:
        simulation.mutate(per_second)
        return _json(simulation.state())


def _add_fault_controls(app: FastAPI, simulation: Simulation) -> None:
    @app.get(f"{CONTROLS}/faults")
    async def faults() -> Response:
        kinds = [
            {"name": kind.name, "family": kind.family, "description": kind.description, "sources": kind.sources}
            for kind in FAULTS.values()
        ]
        return _json({"in_force": simulation.faults.report(), "available": kinds})

    @app.post(f"{CONTROLS}/faults", status_code=201)
    async def set_fault(body: _FaultBody) -> Response:
        number = simulation.faults.set(FaultOrder(**body.model_dump()))
        return _json({"fault_id": number}, status=201)

    @app.delete(f"{CONTROLS}/faults")
    async def clear_faults() -> Response:
        simulation.faults.clear()
        return Response(status_code=204)

    @app.delete(f"{CONTROLS}/faults/{{fault_id}}")
    async def clear_fault(fault_id: int) -> Response:
        simulation.faults.clear(fault_id)
        return Response(status_code=204)


def _world_config(body: bytes) -> WorldConfig | None:
    try:
        return msgspec.json.decode(body, type=WorldConfig) if body else None
    except msgspec.MsgspecError as error:
        raise HTTPException(status_code=422, detail=str(error)) from error


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    del request
    return JSONResponse({"detail": str(error)}, status_code=422)
