"""A server of the API for tests: a home with a publication, and a client of it that goes over no network."""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Collection
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.settings import load_settings
from ritournelle.streaming.messages import Event, Poison, decode, events_in
from ritournelle.streaming.topics import Topic
from tests.published import K, fill, promote, publish
from tests.served import parts


def platform_of(home: Path, **settings: Any) -> Platform:
    """With lists of `K` tracks."""
    return Platform(load_settings(home=home, recommendation={"list_length": K}, **settings))


@cache
def _night() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with  # it ends with the process
    atexit.register(folder.cleanup)
    platform = platform_of(Path(folder.name) / "home")
    fill(platform)
    promote(platform)
    publish(platform)
    return folder


def home_after_a_night(folder: Path) -> Path:
    """A home with one publication, copied into a folder: to make one takes a second."""
    return copytree(Path(_night().name) / "home", folder / "home", symlinks=True)


def client_of(platform: Platform, hosts: Collection[str] = (), *, needs_keys: bool = False) -> TestClient:
    """Use it in a `with`, or leave it: its watchman and its log end with the process."""
    home = platform.settings.home
    app = create_app(parts(home), api=api_of(platform, hosts, needs_keys=needs_keys))
    return TestClient(app, raise_server_exceptions=False)


def told(platform: Platform, topic: Topic) -> list[Event]:
    """Everything that is in the event log."""
    with platform.broker() as broker, broker.consume(topic, "tests", start={0: 0}) as consumer:
        messages = consumer.poll(10_000, timeout_seconds=2)
    events = [decode(topic, message.value) for message in messages]
    assert not any(isinstance(event, Poison) for event in events)
    return [event for one in events if not isinstance(one, Poison) for event in events_in(one)]


def problem(answer: Any) -> dict[str, Any]:
    """The problem details of a refusal; it has to be some."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    found: dict[str, Any] = json.loads(answer.content)
    assert found["status"] == answer.status_code and found["title"]
    return found
