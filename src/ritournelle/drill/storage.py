"""Troubles of the warehouse: somebody else holds it, it is not where it should be, it is broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from shutil import copyfile
from socket import socket

from ritournelle.drill.sandbox import Sandbox

_HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""
"""What DuckDB does to a file that it writes to, without its half second of imports."""


@contextmanager
def held_by_another_process(sandbox: Sandbox) -> Iterator[None]:
    """The lock that any program takes that has opened the file for writing."""
    program = [sys.executable, "-c", _HOLD, str(sandbox.home / "warehouse.duckdb")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        yield
        holder.stdin.close()


@contextmanager
def no_server(sandbox: Sandbox) -> Iterator[None]:
    """The warehouse is a server's, and nobody answers at its address."""
    with socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgresql://ritournelle@127.0.0.1:{reserved.getsockname()[1]}/warehouse?connect_timeout=2"
        with sandbox.changed(warehouse={"url": url}):
            yield


def why_no_server_driver() -> str:
    """Why a server cannot even be looked for; empty when it can."""
    return "" if find_spec("adbc_driver_postgresql") else "needs the extra `postgres`"


@contextmanager
def corrupted(sandbox: Sandbox) -> Iterator[None]:
    """Its beginning is overwritten; afterwards a copy of before is put in its place."""
    warehouse, copy = sandbox.home / "warehouse.duckdb", sandbox.home / "warehouse.copy"
    copyfile(warehouse, copy)
    with warehouse.open("r+b") as file:
        file.write(b"\0" * 16_384)
    yield
    copy.replace(warehouse)
