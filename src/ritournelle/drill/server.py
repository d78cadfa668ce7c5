"""The sandbox's own server: the same application that `ritournelle serve` serves, asked without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from ritournelle.drill.asking import Answer, ask
from ritournelle.drill.sandbox import Sandbox
from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.serving.live import parts_of

Request = tuple[str, str, Any]
"""Method, target, and the body that is sent as JSON; None: without one."""


def serve(
    sandbox: Sandbox, requests: Sequence[Request], *, says_that_it_ends: bool = True, key: str = ""
) -> list[Answer]:
    """Start a server, answer these one after the other, and look at everything, as its watchman does each minute."""
    parts, api = parts_of(sandbox.platform), api_of(sandbox.platform)
    app = create_app(parts, api=api)

    async def all_of_them() -> list[Answer]:
        return [await _asked(app, request, key) for request in requests]

    with closing(api):
        answers = asyncio.run(all_of_them())
        api.heartbeat.beat()
        parts.look()
        if says_that_it_ends:
            api.heartbeat.end()
    return answers


async def _asked(app: Any, request: Request, key: str) -> Answer:
    method, target, body = request
    headers = [("Authorization", f"Bearer {key}")] if key else []
    if body is None:
        return await ask(app, method, target, headers)
    headers.append(("Content-Type", "application/json"))
    return await ask(app, method, target, headers, json.dumps(body).encode())
