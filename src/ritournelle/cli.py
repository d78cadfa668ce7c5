"""The command `ritournelle`: the verbs of the river. Results go to standard output, all else to standard error."""

# Imports stand inside the verbs: `ritournelle --help` must not pay for dbt, DuckDB and NumPy (2 s instead of 0.2 s).
from __future__ import annotations

import errno
from collections.abc import Callable
from copy import copy
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ritournelle.commands import alerts, incidents, keys, models, quarantine, serve, simulate
from ritournelle.commands import warehouse as warehouse_verbs
from ritournelle.commands.drill import drill
from ritournelle.commands.forget import forget
from ritournelle.commands.health import health
from ritournelle.commands.shell import EXIT_FAILED, EXIT_USAGE, AsJson, fail, print_json, views, watcher
from ritournelle.commands.shell import platform as platform_in_force
from ritournelle.errors import RitournelleError, SettingsError

if TYPE_CHECKING:
    from ritournelle.bootstrap import Platform
    from ritournelle.day import Day as DayOfRun
    from ritournelle.day import RunReport

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
config_app = typer.Typer(no_args_is_help=True, help="The settings in force.")
app.add_typer(config_app, name="config")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(simulate.app, name="simulate")
app.add_typer(warehouse_verbs.app, name="warehouse")
app.add_typer(models.app, name="models")
app.command()(drill)
app.command()(forget)
app.add_typer(incidents.app, name="incidents")
app.add_typer(alerts.app, name="alerts")
app.add_typer(keys.app, name="keys")
app.command("health")(health)
app.command("serve")(serve.serve)


class Task(StrEnum):
    """What lists are compared for."""

    DISCOVERY = "discovery"
    NEXT_LISTEN = "next_listen"


Day = Annotated[
    Optional[datetime], typer.Option("--date", formats=["%Y-%m-%d"], help="The day of the run; today if unset.")
]
AcceptNewEpoch = Annotated[
    bool, typer.Option("--accept-new-epoch", help="Go on although the app has regenerated its ids.")
]

NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST)
"""Why a home is refused: it is somebody else's, read-only, full, or a file."""


def execute(verb: str) -> None:
    """Run the command line; an error that the platform raises on purpose is one message, not a traceback.

    Args:
        verb: Its first word. A plain verb is made ready alone.
    """
    try:
        _only(verb)()
    except SettingsError as error:
        fail(error, EXIT_USAGE)
    except RitournelleError as error:
        fail(error, EXIT_FAILED)
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        place = f"{error.filename}: " if error.filename else ""
        fail(
            f"{place}{error.strerror}; is RITOURNELLE_HOME a folder that can be written, on a disk with room?",
            EXIT_FAILED,
        )
    except KeyboardInterrupt:
        fail("interrupted; run again: what was not finished has left no trace", EXIT_FAILED)


def _only(verb: str) -> typer.Typer:
    """The command with this verb alone, if it is one of the plain ones: to make ready all 37 of them takes 25 ms."""
    plain = [command for command in app.registered_commands if command.callback and command.callback.__name__ == verb]
    if not plain:
        return app
    small = copy(app)
    small.registered_commands, small.registered_groups = plain, []
    return small


@app.callback()
def root() -> None:
    """A data and recommendation platform for music apps: ingest, model, recommend, learn."""


@app.command()
def run(date: Day = None, accept_new_epoch: AcceptNewEpoch = False, as_json: AsJson = False) -> None:
    """The whole day: ingest, transform, train if the data changed, recommend."""
    _run_stages("run", None, as_json, date=date, accept_new_epoch=accept_new_epoch)


@app.command()
def ingest(date: Day = None, accept_new_epoch: AcceptNewEpoch = False, as_json: AsJson = False) -> None:
    """Read the app's three endpoints into raw tables."""
    _run_stages("ingest", ("ingest",), as_json, date=date, accept_new_epoch=accept_new_epoch)


@app.command()
def transform(
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Build everything anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build and test history, star and marts with dbt."""
    _run_stages("transform", ("transform", "publish"), as_json, full_refresh=full_refresh)


@app.command()
def train(as_json: AsJson = False) -> None:
    """Train a model, if the data or its settings changed."""
    _run_stages("train", ("train",), as_json)


@app.command()
def evaluate(
    task: Annotated[
        Task, typer.Option("--task", help="`discovery`: tracks not heard before; `next_listen`: repeats as well.")
    ] = Task.DISCOVERY,
    trials: Annotated[int, typer.Option("--trials", min=1, max=500, help="Options tried of each family.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Compare all families on the newest listens, and say whether the best would pass the gate; changes nothing."""
    platform = platform_in_force()
    comparison = platform.compare_families(task.value, trials, on_trial=views().say_trial)
    if as_json:
        print_json(comparison.to_dict())
    else:
        views().show_comparison(comparison)


@app.command()
def recommend(
    user: Annotated[Optional[int], typer.Option("--user", help="Print the list of this listener only.")] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Length of the printed list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Write every listener's list, or print one listener's."""
    if user is None:
        _run_stages("recommend", ("recommend", "publish"), as_json)
    else:
        _print_list(platform_in_force(), user, k, as_json)


@app.command()
def backfill(
    first_day: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day to load again.")],
    last_day: Annotated[
        Optional[datetime],
        typer.Option(
            "--to",
            formats=["%Y-%m-%d"],
            help="The last day in doubt: if all up to it comes out as it stands, later days are left alone.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load past days, and all that rest on them, again from their landed pages; then build everything on them anew."""
    if last_day is not None and last_day < first_day:
        raise typer.BadParameter(f"--to {last_day:%Y-%m-%d} is before --from {first_day:%Y-%m-%d}")
    _do(lambda day: day.backfill(first_day.date(), last_day.date() if last_day else None), as_json)


@app.command()
def compact(as_json: AsJson = False) -> None:
    """Remove landed pages and raw rows whose retention is over, and give the space back."""
    _do(lambda day: day.compact(), as_json)


@app.command()
def docs(as_json: AsJson = False) -> None:
    """Write one page, readable without a network, of all tables, columns, data tests and their lineage."""
    from ritournelle.transform.docs import publish_docs, require_built

    platform = platform_in_force()
    with platform.run_lock():
        with platform.read_warehouse() as warehouse:
            require_built(warehouse)
        views().say("dbt reads the project and asks the warehouse about its tables …")
        page = publish_docs(platform.dbt_settings())
    size = page.stat().st_size
    if as_json:
        print_json({"path": str(page), "bytes": size})
    else:
        print(f"{page} ({size / 1e6:.1f} MB): open it in a browser")


@app.command()
def demo(
    users: Annotated[int, typer.Option(min=10)] = 1000,
    tracks: Annotated[int, typer.Option(min=10)] = 1000,
    seed: int = 7,
    and_serve: Annotated[bool, typer.Option("--serve", help="Show the health page afterwards, until ctrl-C.")] = False,
    port: serve.Port = serve.DEFAULT_PORT,
) -> None:
    """Everything at once: a simulated app, one whole day, the first lists, and the health page with --serve."""
    from ritournelle.simulator.config import WorldConfig
    from ritournelle.simulator.running import RunningApp

    if and_serve:
        serve.require_free(serve.DEFAULT_HOST, port)  # said now, and not after a whole day
    console = views()
    with RunningApp(WorldConfig(users=users, tracks=tracks, seed=seed)) as music_app:
        platform = _demo_platform(music_app.url)
        console.say(f"a simulated music app with {users:,} users and {tracks:,} tracks answers at {music_app.url}")
        report = _watched(platform, lambda day: day.run("run"))
    console.show_run(report)
    if not report.succeeded:
        raise typer.Exit(EXIT_FAILED)
    for user_id in _some_listeners(platform):
        _print_list(platform, user_id, 5, False)
    console.say_next_steps(platform.settings.home)
    if and_serve:
        serve.serve_platform(platform, serve.DEFAULT_HOST, port)


@config_app.command("show")
def config_show(as_json: AsJson = False) -> None:
    """The settings in force, secrets hidden."""
    from ritournelle.settings import load_settings

    settings = load_settings().shown()
    if as_json:
        print_json(settings.model_dump(mode="json"))
    else:
        views().show_settings(settings)


def _run_stages(
    verb: str, stages: tuple[str, ...] | None, as_json: bool, *, date: datetime | None = None, **options: bool
) -> None:
    from ritournelle.day import STAGES

    day = date.date() if date else None
    _do(lambda day_of_run: day_of_run.run(verb, stages or STAGES, logical_date=day, **options), as_json)


def _do(work: Callable[[DayOfRun], RunReport], as_json: bool) -> None:
    """Do some work of a day, watched; print its report, and exit with 1 when it failed."""
    report = _watched(platform_in_force(), work)
    if as_json:
        print_json(report.to_dict())
    else:
        views().show_run(report)
    if not report.succeeded:
        raise typer.Exit(EXIT_FAILED)


def _watched(platform: Platform, work: Callable[[DayOfRun], RunReport]) -> RunReport:
    from ritournelle.day import Day as DayOfRun

    with watcher() as watching:
        return work(DayOfRun(platform, watching))


def _print_list(platform: Platform, user_id: int, k: int, as_json: bool) -> None:
    from ritournelle.domain.clock import utc_now
    from ritournelle.domain.issuing import issue_list
    from ritournelle.inference.reading import read_list

    length, now = platform.settings.recommendation.list_length, utc_now()
    with platform.read_published() as warehouse:
        made = read_list(
            warehouse,
            platform.served_registry(),
            user_id,
            k=k,
            stored_length=length,
            now=now,
            rules=platform.rerank_rules(),
        )
    answer = issue_list(made, platform.recommendation_ids(), "command", now)
    if as_json:
        print_json(answer.to_dict())
    else:
        views().show_list(answer)


def _demo_platform(url: str) -> Platform:
    """The platform on the simulated app, in a folder of its own, apart from a real app's data."""
    from ritournelle.bootstrap import Platform
    from ritournelle.settings import load_settings

    settings = load_settings()
    changed = {
        "home": settings.home / "demo",
        "source": settings.source.model_copy(update={"url": url}),
        "warehouse": settings.warehouse.model_copy(update={"url": None}),
    }
    return Platform(settings.model_copy(update=changed))


def _some_listeners(platform: Platform) -> list[int]:
    from ritournelle.warehouse.marts import ANSWERED_LISTENERS

    with platform.read_published() as warehouse:
        listeners = ANSWERED_LISTENERS.run(warehouse, by_model=True, at_most=2)
    found: list[int] = listeners["user_id"].to_pylist()
    return found
