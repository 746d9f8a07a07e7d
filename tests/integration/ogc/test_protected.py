"""A protected layer does not exist for anonymous: at no address, in no list, by no side door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

SECRETS = ("secret_cable", "hidden_depths", "camera", "gas_pipe")
WEAK = ("anonymous", "viewer", "planner")
LISTS = [
    "/ogc", "/ogc/conformance", "/ogc/openapi", "/ogc/collections", "/ogc/collections/catalogue",
    "/ogc/collections/catalogue/items?limit=1000", "/ogc/processes", "/ogc/jobs", "/ogc/tileMatrixSets",
    "/ogc/collections/catalogue/items?q=保密", "/ogc/collections/catalogue/items?ids=secret_cable,hidden_depths",
]  # fmt: skip
ADDRESSES = [
    "", "/queryables", "/schema", "/items", "/items/1", "/items?filter=code='S1'", "/items?limit=1", "/items?f=csv",
    "/tiles", "/tiles/WebMercatorQuad", "/tiles/WebMercatorQuad/0/0/0", "/tiles/WebMercatorQuad/12/1777/3344",
    "/coverage", "/coverage?f=json", "?f=html", "/items?f=html",
]  # fmt: skip


@pytest.mark.parametrize("role", WEAK)
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("form", ["json", "html"])
def test_no_list_names_it(door: TestClient, path: str, form: str, role: str) -> None:
    answer = door.get(path + ("&" if "?" in path else "?") + f"f={form}", headers={"x-role": role})
    text = answer.text.replace("ids=secret_cable%2Chidden_depths", "").replace("q=%E4%BF%9D%E5%AF%86", "")
    assert answer.status_code == 200
    for name in (*SECRETS, "保密"):
        assert name not in text, name


@pytest.mark.parametrize("role", WEAK)
@pytest.mark.parametrize("name", ["secret_cable", "hidden_depths"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_it_answers_like_an_unknown_one(door: TestClient, name: str, path: str, role: str) -> None:
    """Byte for byte, but for the name that the visitor wrote himself."""
    secret = door.get(f"/ogc/collections/{name}{path}", headers={"x-role": role})
    unknown = door.get(f"/ogc/collections/zzzzzzzzzz{path}", headers={"x-role": role})
    assert secret.status_code == unknown.status_code == 404
    assert secret.text.replace(name, "zzzzzzzzzz") == unknown.text
    for header in ("etag", "content-crs", "ogc-numbermatched"):
        assert header not in secret.headers


def test_no_suggestion_gives_it_away(door: TestClient) -> None:
    for near in ("secret_cabel", "hiden_depth", "camer", "gas_pip"):
        assert not any(name in door.get(f"/ogc/collections/{near}").json()["detail"] for name in SECRETS)
    assert '"plot"' in door.get("/ogc/collections/plto", params={"lang": "en"}).json()["detail"]


def test_who_may_see_it_does(door: TestClient) -> None:
    for role in ("operator", "admin"):
        names = {
            one["id"] for one in door.get("/ogc/collections", headers={"x-role": role}).json()["collections"]
        }
        assert set(SECRETS) <= names
        found = door.get("/ogc/collections/secret_cable/items", headers={"x-role": role})
        assert found.json()["numberMatched"] == 9
        assert found.headers["cache-control"].startswith("private")


def test_a_protected_column_cannot_be_read_sorted_filtered_or_named(door: TestClient) -> None:
    items = "/ogc/collections/plot/items"
    assert "owner_name" not in door.get(items).text
    assert "owner_name" not in door.get("/ogc/collections/plot/schema").text
    for query in (
        {"filter": "owner_name = 'owner 1'"},
        {"filter": "owner_name IS NULL"},
        {"sortby": "owner_name"},
        {"properties": "owner_name"},
        {"owner_name": "owner 1"},
    ):
        refused = door.get(items, params=query)
        unknown = door.get(
            items,
            params={
                k.replace("owner_name", "zzzz"): v.replace("owner_name", "zzzz") for k, v in query.items()
            },
        )
        assert refused.status_code == unknown.status_code == 400
        assert refused.json()["detail"].replace("owner_name", "zzzz") == unknown.json()["detail"]
    row = door.get(items, params={"code": "P0001"}, headers={"x-role": "operator"}).json()["features"][0]
    assert row["properties"]["owner_name"] == "owner 1"
    assert (
        door.get(items, params={"owner_name": "owner 1"}, headers={"x-role": "operator"}).json()[
            "numberMatched"
        ]
        == 1
    )


def test_counts_and_cursors_do_not_cross_roles(door: TestClient) -> None:
    items = "/ogc/collections/plot/items"
    page = door.get(
        items, params={"limit": "5", "sortby": "owner_name"}, headers={"x-role": "operator"}
    ).json()
    target = next(one["href"] for one in page["links"] if one["rel"] == "next")
    assert door.get(target).status_code == 400
    assert door.get("/ogc/collections/gas_pipe/items").status_code == 404
