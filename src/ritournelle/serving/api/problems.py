"""Errors as problem details (RFC 9457), for every error there is, also of the framework itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ritournelle.errors import RecommendationIdError, RitournelleError, TransientError
from ritournelle.serving.api.contract import Problem

LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
OF_IDS = {"unknown": 404, "foreign": 403, "expired": 410}


class Refusal(Exception):
    """A request that is not answered; `why` names the case for programs, the message is for people."""

    def __init__(self, status: int, why: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.why, self.headers = status, why, headers or {}


def problem(
    status: int,
    detail: str = "",
    why: str = "",
    errors: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says it."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, why=why, errors=errors or [])
    return Response(msgspec.json.encode(told), status, dict(headers or {}), MEDIA_TYPE)


def of_refusal(refusal: Refusal) -> Response:
    """The answer to a request that was refused."""
    return problem(refusal.status, str(refusal), refusal.why, headers=refusal.headers)


def unavailable(error: RitournelleError) -> Response:
    """The answer to a request that cannot be answered now."""
    # What a warehouse says of a query may hold the values that it was asked with.
    told = error if isinstance(error, TransientError) else type(error).__name__
    LOG.warning("a request could not be answered: %s", told)
    after = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem(503, "this cannot be done now; try again in a moment", "unavailable", headers=after)


def tell_problems(app: FastAPI) -> None:
    """Let every error of this application be a problem."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> Response:
        return of_refusal(error)

    @app.exception_handler(HTTPException)
    async def of_framework(request: Request, error: HTTPException) -> Response:
        detail = "" if error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)
        headers = _allowed(request, error.headers) if error.status_code == 405 else error.headers
        return problem(error.status_code, detail, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        # Places and rules only: what was sent may be personal.
        places = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
        return problem(422, "the request cannot be understood", "invalid", places)

    @app.exception_handler(RecommendationIdError)
    async def bad_id(_: Request, error: RecommendationIdError) -> Response:
        return problem(OF_IDS[error.why], str(error), error.why)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> Response:
        LOG.error("a request failed: %s", type(error).__name__)  # the server prints where; what was sent stays out
        return problem(500, "something went wrong here; it is in the server's log", "unexpected")

    @app.exception_handler(RitournelleError)
    async def of_trouble(_: Request, error: RitournelleError) -> Response:
        return unavailable(error)


def _allowed(request: Request, told: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """All methods of an address of the API: the framework names those of one route only."""
    for address, methods in getattr(request.app.state, "methods", ()):
        if address.fullmatch(request.url.path):
            return {"Allow": methods}
    return told
