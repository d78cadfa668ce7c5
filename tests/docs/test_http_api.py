"""The page of the HTTP API says what the OpenAPI document says, and the document all that can be answered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ritournelle.serving.api.reference import http_api_page
from tests.api_server import client_of, platform_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http-api.md"


@pytest.fixture(name="document", scope="module")
def document_of_a_server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    client = client_of(platform_of(tmp_path_factory.mktemp("home")))
    found: dict[str, Any] = client.get("/v1/openapi.json").json()
    return found


def test_the_page_is_up_to_date(document: dict[str, Any]) -> None:
    wanted = http_api_page(document)
    if os.environ.get("RITOURNELLE_UPDATE_DOCS"):
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted, "write it anew: RITOURNELLE_UPDATE_DOCS=1 pytest tests/docs"


def test_the_document_knows_every_address_of_the_api(document: dict[str, Any]) -> None:
    addresses = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert addresses >= {
        "get /v1/users/{id}/recommendations",
        "get /v1/users/{id}/history",
        "get /v1/tracks/{id}/similar",
        "get /v1/popular",
        "post /v1/listens",
        "post /v1/feedback",
        "put /v1/users/{id}/taste-exclusions",
        "delete /v1/users/{id}/taste-exclusions",
    }


def test_every_reference_leads_somewhere_and_every_operation_tells_its_refusals(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(inner) for inner in value.values()))
        return set().union(*(references(inner) for inner in value)) if isinstance(value, list) else set()

    assert references(document) - known == set()
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"401", "403", "405", "413", "422", "429", "503"} <= operation["responses"].keys()
