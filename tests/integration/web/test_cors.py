"""Pages of other origins: nothing unless ``TWIN_CORS_ORIGINS`` names them, and never with credentials."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from twin.settings import Settings
from twin.web.app import create_app

MAP = "https://map.example.org"


def client(*origins: str) -> TestClient:
    settings = Settings(database_url=SecretStr("postgresql:///none"), cors_origins=origins)
    return TestClient(create_app(settings), base_url="http://localhost")


@pytest.mark.parametrize("origins", [(), ("https://other.example.org",)])
def test_an_origin_that_is_not_named_gets_no_permission(origins: tuple[str, ...]) -> None:
    answer = client(*origins).get("/health", headers={"origin": MAP})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_named_origin_may_read_and_send_its_key() -> None:
    door = client(MAP)
    answer = door.get("/health", headers={"origin": MAP})
    assert answer.headers["access-control-allow-origin"] == MAP
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    asked = {
        "origin": MAP,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    assert door.options("/simulations/flood", headers=asked).status_code == 200


def test_a_refusal_may_be_read_too() -> None:
    answer = client(MAP).get("/nothing", headers={"origin": MAP})
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == MAP


def test_the_setting_is_a_list_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_CORS_ORIGINS", f"{MAP}, https://b.example.org")
    assert Settings().cors_origins == (MAP, "https://b.example.org")
