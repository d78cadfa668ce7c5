"""`ritournelle simulate`: a simulated music app."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

import sys
from typing import Annotated, Optional

import typer

app = typer.Typer(no_args_is_help=True, help="A simulated music app.")


@app.command("app")
def simulate_music_app(
    users: Annotated[int, typer.Option(min=1)] = 1000,
    tracks: Annotated[int, typer.Option(min=1)] = 1000,
    seed: int = 7,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 9000,
    tidy: Annotated[bool, typer.Option("--tidy", help="Without the awkward habits of the real app.")] = False,
    day_seconds: Annotated[Optional[float], typer.Option(help="Seconds after which a simulated day passes.")] = None,
    mutations_per_second: Annotated[float, typer.Option(min=0, help="Inserts and as many deletes per second.")] = 0.0,
    listens_per_second: Annotated[float, typer.Option(min=0)] = 0.0,
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="Let other machines in.")] = False,
) -> None:
    """Serve a music app with planted tastes, until interrupted."""
    from ritournelle.simulator.config import WorldConfig
    from ritournelle.simulator.habits import Habits
    from ritournelle.simulator.server import serve as serve_app

    serve_app(
        WorldConfig(users=users, tracks=tracks, seed=seed, habits=Habits.tidy() if tidy else Habits()),
        host,
        port,
        allow_remote=allow_remote,
        day_seconds=day_seconds,
        mutations_per_second=mutations_per_second,
        listens_per_second=listens_per_second,
        on_start=lambda url: print(f"the simulated app answers at {url} (ctrl-C stops it)", file=sys.stderr),
    )
