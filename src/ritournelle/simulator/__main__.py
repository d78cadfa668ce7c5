"""The process behind `RunningApp`: `python -m ritournelle.simulator PORT`, the world's config on standard input."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.server import run


def main() -> None:
    """Serve until standard input is closed, so that a parent that is killed leaves nothing behind."""
    config = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorldConfig)
    asyncio.run(run(config, "127.0.0.1", int(sys.argv[1]), lifeline=sys.stdin.fileno()))


if __name__ == "__main__":
    main()
