"""Serve a simulated app until it is told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from ritournelle.errors import SettingsError
from ritournelle.simulator.app import create_app
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.simulation import Simulation, repeat

_LOG_TO_STDERR = {
    "formatters": {"plain": {"format": "simulated app: %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}

_GRANIAN_ENDS_SECONDS = 0.3


def serve(
    config: WorldConfig,
    host: str = "127.0.0.1",
    port: int = 9000,
    *,
    allow_remote: bool = False,
    day_seconds: float | None = None,
    listens_per_second: float = 0.0,
    mutations_per_second: float = 0.0,
    on_start: Callable[[str], None] | None = None,
) -> None:
    """Serve the world of `config` until SIGTERM or SIGINT; blocks, and needs the main thread.

    `day_seconds` lets a simulated day pass every so many seconds, `listens_per_second` lets people listen now,
    `mutations_per_second` inserts and deletes rows while they are read. `on_start` gets the URL. Raises
    `SettingsError` when the port is taken, when the host is neither an IP address nor `localhost`, or when it is not
    loopback and `allow_remote` is false: whoever reaches the port can change the world.
    """
    address = _address(host)
    _refuse_strangers(address, allow_remote)
    _refuse_taken_port(address, port)

    def begin(simulation: Simulation) -> list[asyncio.Task[None]]:
        simulation.mutate(mutations_per_second)
        if on_start is not None:
            on_start(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        return _pastimes(simulation, day_seconds, listens_per_second)

    asyncio.run(run(config, address, port, begin=begin))


async def run(
    config: WorldConfig,
    host: str,
    port: int,
    *,
    begin: Callable[[Simulation], object] | None = None,
    lifeline: int | None = None,
) -> None:
    """Serve on the running loop until SIGTERM, SIGINT, or until the file descriptor `lifeline` is closed at its end."""
    simulation = Simulation(config)
    server = Server(
        create_app(simulation),
        host,
        port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=_LOG_TO_STDERR,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    if lifeline is not None:
        loop.add_reader(lifeline, server.stop)
    begun: list[object] = []  # asyncio forgets tasks that nobody holds
    if begin is not None:
        server.on_startup(lambda: begun.append(begin(simulation)))
    await server.serve()
    # granian 2.8 says that it has ended while its own threads still drop their Python objects; an interpreter that
    # leaves meanwhile is aborted ("panic in a function that cannot unwind"): 5 of 16 stops did, none with this pause.
    await asyncio.sleep(_GRANIAN_ENDS_SECONDS)


def _pastimes(simulation: Simulation, day_seconds: float | None, listens_per_second: float) -> list[asyncio.Task[None]]:
    tasks = []
    if day_seconds is not None:
        tasks.append(asyncio.create_task(repeat(1 / day_seconds, simulation.advance)))
    if listens_per_second > 0:
        tasks.append(asyncio.create_task(repeat(listens_per_second, simulation.listen)))
    return tasks


def _address(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise SettingsError(f"the app listens on an IP address or on localhost, not on {host!r}") from error


def _refuse_strangers(host: str, allow_remote: bool) -> None:
    if not allow_remote and not ipaddress.ip_address(host).is_loopback:
        raise SettingsError(f"{host} can be reached from other machines, and so can the controls; allow it explicitly")


def _refuse_taken_port(host: str, port: int) -> None:
    # The server shares ports (SO_REUSEPORT): without this check a second app would take half of the first one's calls.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise SettingsError(f"port {port} of {host} cannot be used, choose another: {error}") from error
