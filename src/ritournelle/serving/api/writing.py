"""Answers of the API as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Response


def as_json(answer: Any, status: int = 200) -> Response:
    """Of one of the types of the contract, or of plain values."""
    return Response(msgspec.json.encode(answer), status, media_type="application/json")
