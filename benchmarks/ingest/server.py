"""A static server of encoded pages in a process of its own, so that its cost is nobody's: `/day1/tracks?page=1`.

Its first line on standard output is JSON with its port and what a complete load holds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from benchmarks.ingest.pages import Expected, PagedApp


@dataclass(frozen=True)
class Served:
    """A running server, as its clients see it."""

    url: str
    expected: dict[tuple[int, str], Expected]

    def day(self, day: int) -> str:
        """Where that day's three endpoints are."""
        return f"{self.url}/day{day}"


@contextmanager
def serving(pages: int) -> Iterator[Served]:
    """Serve that many pages while the block runs."""
    command = [sys.executable, "-m", "benchmarks.ingest.server", "--pages", str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None, "it was asked for"
            said = json.loads(process.stdout.readline())
            expected = {(entry["day"], entry["source"]): Expected(**entry["holds"]) for entry in said["expected"]}
            yield Served(f"http://127.0.0.1:{said['port']}", expected)
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with connections that stay open, and nothing else of it."""

    def __init__(self, app: PagedApp) -> None:
        self._app = app
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        assert isinstance(transport, asyncio.WriteTransport), "TCP can be written to"
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        assert self._transport is not None, "a connection is made before it speaks"
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        target = urlsplit(request.split(b" ", 2)[1].decode("ascii"))
        _, day, source = target.path.split("/")
        page = int(parse_qs(target.query)["page"][0])
        body = self._app.answer(int(day.removeprefix("day")), source, page)
        status = b"200 OK" if body else b"404 Not Found"
        body = body or b'{"detail":"Not Found"}'
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        return head + body


async def _serve(pages: int) -> None:
    app = PagedApp(pages)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(app), "127.0.0.1", 0)
    expected = [
        {"day": day, "source": source, "holds": holds.to_dict()} for (day, source), holds in app.expected.items()
    ]
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "expected": expected}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    _arguments = argparse.ArgumentParser(description=__doc__)
    _arguments.add_argument("--pages", type=int, required=True)
    asyncio.run(_serve(_arguments.parse_args().pages))
