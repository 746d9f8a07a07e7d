"""Every role at every address of every layer: exactly what the access file grants, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.web.city import EAST, NORTH
from tests.integration.web.test_tiles import TO_DEGREES, path
from twin.access.actor import Actor
from twin.access.decide import decide, may_run

if TYPE_CHECKING:
    import httpx

    from tests.integration.web.city import City
    from twin.catalog.spec import Layer

ROLES = ("anonymous", "viewer", "planner", "operator", "admin")
LON, LAT = TO_DEGREES.transform(EAST + 600, NORTH + 300)


def addresses(layer: Layer) -> list[str]:
    """Where our doors tell of one layer."""
    if layer.kind == "records":  # rows without a place: nothing to draw
        return [f"/layers/{layer.name}"]
    found = [f"/layers/{layer.name}", f"/tiles/{layer.name}.json"]
    if layer.kind == "coverage":
        place = f"lon={LON}&lat={LAT}"
        found += [
            path(layer.name, 14, "png"),
            f"/coverages/{layer.name}",
            f"/coverages/{layer.name}/value?{place}",
        ]
        timed = layer.raster is not None and layer.raster.time
        return [*found, f"/coverages/{layer.name}/series?{place}"] if timed else found
    return [*found, path(layer.name, 14)]


@pytest.mark.parametrize("role", ROLES)
def test_layers(city: City, role: str) -> None:
    actor = Actor(role)
    with city.client(role) as client:
        for layer in city.catalog.layers.values():
            allowed = decide(city.catalog, actor, layer, "read").allowed
            for address in addresses(layer):
                answer = client.get(address)
                if allowed:
                    assert answer.status_code in (200, 204) or _is_empty(answer), (role, address, answer.text)
                else:
                    assert answer.status_code == 404, (role, address)
                    assert answer.json()["code"] == "TWIN-330", (role, address)


def _is_empty(answer: httpx.Response) -> bool:
    """A coverage that has no raster yet."""
    return answer.status_code == 404 and answer.json()["code"] == "TWIN-335"


@pytest.mark.parametrize("role", ROLES)
def test_listings_hold_no_more(city: City, role: str) -> None:
    actor = Actor(role)
    hidden = [
        layer.name
        for layer in city.catalog.layers.values()
        if not decide(city.catalog, actor, layer, "read").allowed
    ]
    for address in ("/layers", "/tiles/style.json"):
        text = city.get(address, role).text
        for name in hidden:
            assert f'"{name}"' not in text, (role, address, name)
            assert f"/{name}/" not in text, (role, address, name)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_run(city: City, role: str) -> None:
    with city.client(role) as client:
        answer = client.post("/simulations/flood", json={"no_such_input": 1})
    if may_run(city.catalog, Actor(role)).allowed:
        assert answer.status_code == 400
        assert answer.json()["code"] == "TWIN-501"
    else:
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize("role", ROLES)
def test_whose_runs(city: City, role: str) -> None:
    mine = {str(city.published), str(city.private)}
    seen = {run["id"] for run in city.get("/runs", role).json()["runs"]}
    if role in ("operator", "admin", "planner"):
        assert mine <= seen
    else:
        assert seen == set()


def test_without_the_identity_middleware_nothing_is_shown(city: City) -> None:
    """Default deny: an application that forgot to ask who is there has no actor, and answers nobody."""
    import asyncio

    import httpx

    from twin.web.app import create_app
    from twin.web.identity import IdentityMiddleware

    app = create_app(city.settings, catalog=city.catalog)
    app.user_middleware = [one for one in app.user_middleware if one.cls is not IdentityMiddleware]

    async def scene() -> list[int]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=city.base) as client:
                targets = ("/layers", "/runs", path("building", 14), path("gas_pipe", 14))
                return [(await client.get(target)).status_code for target in targets]

    assert all(status >= 400 for status in asyncio.run(scene()))
