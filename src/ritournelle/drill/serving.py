"""Troubles of serving: its stores break, its model is gone, it is flooded, told lies, or dead; and what it is asked."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

from ritournelle.domain.clock import travelled, utc_now
from ritournelle.domain.exposures import Exposure
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.domain.sources import Source
from ritournelle.drill.acts import Act, build
from ritournelle.drill.case import Trouble
from ritournelle.drill.sandbox import Sandbox
from ritournelle.drill.server import Request, serve
from ritournelle.drill.troubles import other_settings
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import keyring_of
from ritournelle.streaming.messages import outgoing
from ritournelle.warehouse.marts import ANSWERED_LISTENERS

MANY = 30
_FLOOD = 80
_HELD_SECONDS = 1.2
_EXPOSED, _JUDGED, _USEFUL = 60, 40, 30


def listener(sandbox: Sandbox) -> int:
    """Somebody who has a list by the model."""
    with sandbox.platform.read_published() as warehouse:
        (user,) = ANSWERED_LISTENERS.run(warehouse, by_model=True, at_most=1)["user_id"].to_pylist()
    return int(user)


def lists(sandbox: Sandbox) -> Sequence[Request]:
    """Lists of one listener, each made at that moment: with a context none is stored."""
    user = listener(sandbox)
    return [("GET", f"/v1/users/{user}/recommendations?k=3&context={track}", None) for track in range(1, 9)]


def histories(sandbox: Sandbox) -> Sequence[Request]:
    """What a listener heard, again and again."""
    return [("GET", f"/v1/users/{listener(sandbox)}/history?limit=3", None)] * MANY


def stored_lists(sandbox: Sandbox) -> Sequence[Request]:
    """A listener's stored list, again and again: each is an exposure, which has to be written."""
    return [("GET", f"/v1/users/{listener(sandbox)}/recommendations?k=3", None)] * MANY


def forged(sandbox: Sandbox) -> Sequence[Request]:
    """Feedback on ids of no listener, of another one, and of long ago, from many listeners."""
    now, ids = utc_now(), sandbox.platform.recommendation_ids()
    expired = [ids.issue(Issued(user, 1, "a-model", "api", now - timedelta(days=400))) for user in range(MANY)]
    foreign = [ids.issue(Issued(-1, 1, "a-model", "api", now))] * MANY
    made_up = ["a" * 80] * MANY
    found = [one for three in zip(expired, foreign, made_up, strict=True) for one in three]
    bodies = ({"user_id": n // 3, "recommendation_id": one, "useful": True} for n, one in enumerate(found))
    return [("POST", "/v1/feedback", body) for body in bodies]


def told_of_one(sandbox: Sandbox) -> Sequence[Request]:
    """More than a listener can do: exclusions of one track, put in force again and again."""
    user = listener(sandbox)
    address = f"/v1/users/{user}/taste-exclusions"
    return [("PUT", address, {"kind": "track", "target": 1})] * _FLOOD


def popular(sandbox: Sandbox) -> Sequence[Request]:
    """What everybody hears, asked by one address more often than it may."""
    del sandbox
    return [("GET", "/v1/popular?k=1", None)] * _FLOOD


def served(requests: Callable[[Sandbox], Sequence[Request]]) -> Act:
    """A server that is asked this while the trouble is there, and once its cause is gone."""

    def asked(sandbox: Sandbox) -> None:
        serve(sandbox, requests(sandbox))

    return Act("serve", asked, asked, on_built=True)


def asked_by_key(sandbox: Sandbox) -> None:
    """One key asks again and again, more often than it may."""
    keyring = keyring_of(sandbox.platform)
    token, key = keyring.create("an app that repeats itself", [Scope.READ], utc_now())
    serve(sandbox, popular(sandbox), key=token)
    keyring.revoke(key.key_id)


def silent(sandbox: Sandbox) -> None:
    """A server that nobody asks."""
    serve(sandbox, ())


def flooded(requests: Callable[[Sandbox], Sequence[Request]]) -> Act:
    """A server that is asked too much; afterwards nobody asks."""

    def asked(sandbox: Sandbox) -> None:
        serve(sandbox, requests(sandbox))

    return Act("serve", asked, silent, on_built=True)


def few_allowed() -> Trouble:
    """An address may ask once a second, and a listener may tell as often."""
    return other_settings(serving={"requests_per_second": 1.0, "tellings_per_second": 20.0})


def few_told() -> Trouble:
    """Of a listener hardly anything may be told."""
    return other_settings(serving={"tellings_per_second": 1.0})


@contextmanager
def log_not_writable(sandbox: Sandbox) -> Iterator[None]:
    """Where the log's lock should be is something that no process can write, whatever its rights."""
    lock = sandbox.home / "events" / "exposures" / "write.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.unlink(missing_ok=True)
    lock.mkdir()
    try:
        yield
    finally:
        lock.rmdir()


@contextmanager
def log_held(sandbox: Sandbox) -> Iterator[None]:
    """Somebody holds the lock of the event log for a second, so that whoever tells something waits."""
    path = sandbox.home / "events" / "exposures" / "write.lock"
    with path.open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = Thread(target=_release_later, args=(lock.fileno(),))
        release.start()
        yield
        release.join()


def _release_later(descriptor: int) -> None:
    time.sleep(_HELD_SECONDS)
    fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def online_store_damaged(sandbox: Sandbox) -> Iterator[None]:
    """`online.db` is no database any more; afterwards it is moved away, and made anew."""
    path = sandbox.home / "online.db"
    path.write_bytes(b"this is no database, whatever its name says. " * 100)
    yield
    path.unlink()


@contextmanager
def no_champion(sandbox: Sandbox) -> Iterator[None]:
    """The file that names the champion is gone; afterwards it is put back."""
    with _aside(sandbox, sandbox.settings.registry_folder / "champion.json"):
        yield


@contextmanager
def no_model_at_all(sandbox: Sandbox) -> Iterator[None]:
    """Every version's files are gone; afterwards they are put back."""
    versions = [path for path in sandbox.settings.registry_folder.iterdir() if path.is_dir()]
    aside = sandbox.home / "set-aside"
    aside.mkdir()
    for path in versions:
        path.rename(aside / path.name)
    yield
    for path in versions:
        (aside / path.name).rename(path)


@contextmanager
def _aside(sandbox: Sandbox, path: Path) -> Iterator[None]:
    aside = path.rename(sandbox.home / "set-aside")
    yield
    aside.rename(path)


@contextmanager
def server_killed(sandbox: Sandbox) -> Iterator[None]:
    """A server that was asked things gives no sign any more for ten minutes; afterwards another one is started."""
    serve(sandbox, histories(sandbox)[:3], says_that_it_ends=False)
    with travelled(timedelta(minutes=10)):
        yield


@contextmanager
def listens_wait(sandbox: Sandbox) -> Iterator[None]:
    """Somebody tells of a listen, and for two days no run loads it; then runs come again."""
    heard = {"user_id": listener(sandbox), "track_id": 1, "listened_at": utc_now().isoformat()}
    serve(sandbox, [("POST", "/v1/listens", heard)])
    sandbox.app.advance(2)
    sandbox.days_pass(2)
    yield


def days_of_feedback(*, last_useful: int, last_judged: int) -> Trouble:
    """Listeners have seen recommendations for a week and mostly liked them; of the last day this many judged."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        for days_ago in range(6, 1, -1):
            tell_day(sandbox, days_ago, judged=_JUDGED, useful=_USEFUL + days_ago % 2)
        tell_day(sandbox, 1, judged=last_judged, useful=last_useful)
        yield

    return trouble


def good_day_follows(sandbox: Sandbox) -> None:
    """A day passes on which listeners are as content as before, and the night's run builds it."""
    sandbox.days_pass()
    sandbox.app.advance()
    tell_day(sandbox, 1, judged=_JUDGED, useful=_USEFUL)
    build(sandbox)


def tell_day(sandbox: Sandbox, days_ago: int, *, judged: int, useful: int) -> None:
    """Exposures of that day and what was said of them, as the server writes them into the event log."""
    at, ids = utc_now().replace(hour=12) - timedelta(days=days_ago), sandbox.platform.recommendation_ids()
    users = sorted(key for key in sandbox.app.ids(Source.USERS) if key is not None)[:_EXPOSED]
    events: list[Exposure | Feedback] = []
    for number, user in enumerate(users):
        issued = Issued(user, 1, "a-model", "api", at)
        name = ids.issue(issued)
        events.append(
            Exposure(
                recommendation_id=name,
                user_id=user,
                track_id=1,
                rank=1,
                model_version=issued.model_version,
                surface=issued.surface,
                answered_by=AnsweredBy.MODEL,
                exposed_at=at,
            )
        )
        if number < judged:
            kind = FeedbackKind.USEFUL if number < useful else FeedbackKind.NOT_USEFUL
            events.append(Feedback.of(name, issued, kind, at + timedelta(minutes=1)))
    with sandbox.platform.broker() as broker:
        broker.publish(outgoing(events))
