"""A Redis server of Debian's, on a socket in a folder of its own, for as long as a block runs."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = shutil.which("redis-server")
_START_SECONDS = 20.0


@contextmanager
def redis_running() -> Iterator[str]:
    """Its URL; it listens on no port and keeps nothing on the disk."""
    assert SERVER is not None, "apt-get install redis-server"
    with tempfile.TemporaryDirectory(prefix="redis-") as name:
        socket = Path(name) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", name]
        with subprocess.Popen([SERVER, *options], stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + _START_SECONDS
            while not socket.exists():
                assert process.poll() is None and time.monotonic() < deadline, "redis-server does not start"
                time.sleep(0.02)
            try:
                yield f"unix://{socket}"
            finally:
                process.terminate()
