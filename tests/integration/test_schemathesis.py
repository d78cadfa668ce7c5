"""schemathesis against the served OpenAPI document: no 5xx, no undeclared answer, with the right key, a wrong one and none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Err
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ritournelle.domain.clock import utc_now
from ritournelle.serving.api.document import ADDRESS
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import api_of, keyring_of
from ritournelle.serving.app import create_app
from tests.api_server import home_after_a_night, platform_of
from tests.served import parts

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 30
"""Of each operation with each key."""


@pytest.fixture(name="served", scope="module")
def server_with_a_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    limits = {"requests_per_second": 0, "tellings_per_second": 0}
    platform = platform_of(home_after_a_night(tmp_path_factory.mktemp("schemathesis")), serving=limits)
    token, _ = keyring_of(platform).create("everything", [*Scope], utc_now())
    api = api_of(platform)
    yield create_app(parts(platform.settings.home), api=api), token
    api.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_answer_is_declared(served: tuple[FastAPI, str]) -> None:
    app, token = served
    found = schemathesis.openapi.from_asgi(ADDRESS, app).get_all_operations()
    operations = [one.ok() for one in found if not isinstance(one, Err)]
    assert len(operations) > 8
    for operation in operations:
        for key in (token, "of-nothing", ""):
            ask_often(operation, {"Authorization": f"Bearer {key}"} if key else {})


def ask_often(operation: Any, headers: dict[str, str]) -> None:
    """As many requests as there are examples, each of whose answers has to be as it is described."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers)

    check()
