"""A server whose stored lists lie in Redis: the same answers, and nothing left of who is erased."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.streaming.topics import Topic
from tests.api_server import TestClient, home_after_a_night, platform_of, told
from tests.published import K, publish
from tests.served import parts
from tests.services.redis_server import SERVER, redis_running

LIST = "/v1/users/7/recommendations"


@pytest.fixture(name="redis")
def _redis() -> Iterator[str]:
    if SERVER is None:
        pytest.skip("there is no redis-server here")
    with redis_running() as url:
        yield url


def test_lists_from_redis_are_those_of_the_file_until_they_are_erased(tmp_path: Path, redis: str) -> None:
    home = home_after_a_night(tmp_path)
    platform = platform_of(home, online_store={"url": redis})
    publish(platform, "second")
    api = api_of(platform)
    with TestClient(create_app(parts(home), api=api)) as client:
        long = client.get(LIST).json()  # reads what stored lists are answered with
        assert api.stored.find(7, K) is not None and not api.stored.is_local
        before = len(told(platform, Topic.EXPOSURES))
        short = client.get(LIST).json()
        assert len(told(platform, Topic.EXPOSURES)) == before + K
        for answer in (long, short):
            assert len({one.pop("recommendation_id") for one in answer["recommendations"]}) == K
        assert json.dumps(short) == json.dumps(long)
        address = client.delete("/v1/users/7").headers["Location"]
        assert client.get(LIST).json()["fallback_reason"] == "unknown user 7"
        deadline = time.monotonic() + 60
        while (done := client.get(address).json())["state"] != "erased":
            assert time.monotonic() < deadline, "the server did not come to it"
            time.sleep(0.1)
    stores = {store["store"]: store for store in done["certificate"]["stores"]}
    assert stores["online lists"]["removed"] == {"lists": 1} and "snapshot" in stores["online lists"]["note"]
    with platform.online_store() as store:
        assert (store.count(7), store.count(8)) == (0, 1)
