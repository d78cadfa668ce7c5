"""How troubles are caused: by faults of the app, by other settings, by what happens to days."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.drill.acts import ingest
from ritournelle.drill.case import Trouble
from ritournelle.drill.sandbox import Sandbox
from ritournelle.drill.world import WORLD

MANY = 12
"""Users who join, and tracks that are released, at once."""


def fault(
    name: str, source: Source | None = None, *, page: int | None = None, times: int | None = None, **options: Any
) -> Trouble:
    """A fault of the simulated app, mended afterwards."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        sandbox.app.fault(name, source=source, page=page, times=times, **options)
        yield
        sandbox.app.clear_faults()

    return trouble


def other_settings(**sections: Mapping[str, Any]) -> Trouble:
    """Sections of the settings are wrong for a while."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        with sandbox.changed(**sections):
            yield

    return trouble


@contextmanager
def none_at_all(sandbox: Sandbox) -> Iterator[None]:
    """No cause: what is done, or not done, is the trouble."""
    del sandbox
    yield


@contextmanager
def nobody_listens(sandbox: Sandbox) -> Iterator[None]:
    """The app's machine is there, the app is not: connections are refused."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with sandbox.changed(source={"url": f"http://127.0.0.1:{reserved.getsockname()[1]}"}):
            yield


@contextmanager
def nobody_accepts(sandbox: Sandbox) -> Iterator[None]:
    """Connections are asked for and never granted, as by a firewall that drops them: a queue that is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [_knock(server.getsockname()) for _ in range(4)]
        with sandbox.changed(source={"url": f"http://127.0.0.1:{server.getsockname()[1]}"}):
            yield
        for one in waiting:
            one.close()


@contextmanager
def new_ids(sandbox: Sandbox) -> Iterator[None]:
    """The app restarts and regenerates everything; that is never taken back."""
    sandbox.app.restart(seed=6)
    yield


def _knock(address: tuple[str, int]) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(address)
    return one


def many_come(sandbox: Sandbox) -> None:
    """Users join and tracks are released, more than on other days, and people listen to them."""
    for source in (Source.TRACKS, Source.USERS):
        sandbox.app.fault("rows_inserted", source=source, page=1, times=1, count=MANY)
        sandbox.app.rows(source)
    sandbox.app.listen(users=WORLD.users, tracks=3)


@contextmanager
def no_news(sandbox: Sandbox) -> Iterator[None]:
    """A night passes and a day on which nothing happens at all; then life goes on."""
    ingest(sandbox)
    sandbox.days_pass()
    sandbox.app.advance(quiet=True)
    yield
    sandbox.days_pass()
    sandbox.app.advance()


def nights_pass(nights: int, *, quiet: bool = False) -> Trouble:
    """So many nights go by, in each but the last one the app is read; on quiet days nothing happens."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        for _ in range(nights):
            ingest(sandbox)
            sandbox.days_pass()
            sandbox.app.advance(quiet=quiet)
        yield
        sandbox.days_pass()
        sandbox.app.advance()

    return trouble


def nobody_runs(days: int) -> Trouble:
    """So many days go by, and nobody reads the app."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        sandbox.app.advance(days)
        sandbox.days_pass(days)
        yield

    return trouble


def together(*troubles: Trouble) -> Trouble:
    """Several at once, caused in this order."""

    @contextmanager
    def all_of_them(sandbox: Sandbox) -> Iterator[None]:
        with ExitStack() as stack:
            for trouble in troubles:
                stack.enter_context(trouble(sandbox))
            yield

    return all_of_them
