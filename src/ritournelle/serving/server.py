"""Serve an application until it is told to stop: SIGTERM, SIGINT."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Collection

from fastapi import FastAPI
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from ritournelle.errors import SettingsError

_LOG_TO_STDERR = {
    "formatters": {"plain": {"format": "ritournelle: %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
_SWITCH_SECONDS = 0.0005
"""A thread that computes lets the event loop in after so long; Python's own 5 ms are half of an answer's whole time."""
_GRANIAN_ENDS_SECONDS = 0.3


def check_address(host: str, port: int, *, has_keys: bool = False) -> str:
    """The IP address to listen at.

    Raises `SettingsError` for a host that is no address, that other machines reach while there are no API keys, or
    whose port is taken.
    """
    address = _address(host)
    if not has_keys and not is_loopback(address):
        raise SettingsError(
            f"{host} can be reached from other machines, and there are no API keys to tell them apart; make one with "
            "`ritournelle keys create`, or listen on 127.0.0.1"
        )
    _refuse_taken_port(address, port)
    return address


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an IP address."""
    return ipaddress.ip_address(address).is_loopback


def names_of(address: str, given: Collection[str]) -> Collection[str]:
    """The names that requests may be sent to: those given, else this machine's own at loopback, else all (none)."""
    if given or not is_loopback(address):
        return given
    return ("localhost", "127.0.0.1", "[::1]", f"[{address}]" if ":" in address else address)


def serve(app: FastAPI, address: str, port: int, on_start: Callable[[str], None]) -> None:
    """Blocks, and needs the main thread; `on_start` gets the URL once requests are taken."""
    logging.basicConfig(format="ritournelle: %(levelname)s %(message)s", level=logging.WARNING)
    gc.collect()
    gc.set_threshold(20_000, 50, 50)  # an answer makes a hundred things and keeps none: a tenth less CPU
    gc.freeze()  # what was imported stays: the collector need not go through it again and again
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(app, address, port, on_start))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: Windows does without."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop


async def _run(app: FastAPI, address: str, port: int, on_start: Callable[[str], None]) -> None:
    server = Server(
        app,
        address,
        port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=_LOG_TO_STDERR,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    server.on_startup(lambda: on_start(f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"))
    await server.serve()
    # granian 2.8 says that it has ended while its own threads still drop their Python objects: see simulator/server.py.
    await asyncio.sleep(_GRANIAN_ENDS_SECONDS)


def _address(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise SettingsError(f"the server listens on an IP address or on localhost, not on {host!r}") from error


def _refuse_taken_port(address: str, port: int) -> None:
    # The server shares ports (SO_REUSEPORT): without this check two of them would share the calls between them.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            raise SettingsError(f"port {port} of {address} cannot be used, choose another: {error}") from error
