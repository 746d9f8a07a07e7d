"""Who may what: default deny, stronger roles never see less, closer classes never admit more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.access.actor import ANONYMOUS, Actor
from twin.access.decide import Action, decide, may_run, readable_columns, visible_layer, visible_layers
from twin.catalog.check_access import CLASSES, check_access
from twin.catalog.load import load
from twin.catalog.spec import Access, Class, Layer
from twin.text import Text

CATALOG = load()
ROLES = list(CATALOG.access.roles)
LAYERS = list(CATALOG.layers.values())
ACTIONS: list[Action] = ["read", "write"]

# the matrix of the first layers: what each role sees of each class
SEES = {
    "anonymous": {"open"},
    "viewer": {"open", "shared"},
    "planner": {"open", "shared", "supervised"},
    "operator": set(CLASSES),
    "admin": set(CLASSES),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_matrix(role: str, layer: Layer) -> None:
    actor = Actor(role)
    assert decide(CATALOG, actor, layer, "read").allowed == (layer.access in SEES[role])
    assert decide(CATALOG, actor, layer, "write").allowed == (role in {"operator", "admin"})


@given(st.sampled_from(LAYERS), st.sampled_from(ACTIONS), st.data())
def test_a_stronger_role_never_sees_less(layer: Layer, action: Action, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from([None, "id", "geom", *layer.columns]))
    allowed = [decide(CATALOG, Actor(role), layer, action, column).allowed for role in ROLES]
    assert allowed == sorted(allowed)


@given(st.text(max_size=20).filter(lambda name: name not in ROLES))
def test_an_unknown_role_sees_nothing(name: str) -> None:
    actor = Actor(name)
    assert visible_layers(CATALOG, actor) == ()
    assert not may_run(CATALOG, actor).allowed
    assert all(readable_columns(CATALOG, actor, layer) == () for layer in LAYERS)


def test_unknown_columns_and_foreign_layers_are_denied() -> None:
    admin = Actor("admin")
    building = CATALOG.layers["building"]
    assert not decide(CATALOG, admin, building, "read", "colour").allowed
    assert not decide(CATALOG, admin, building.model_copy(update={"name": "other"}), "read").allowed
    opened = CATALOG.layers["gas_pipe"].model_copy(update={"access": "open"})
    assert not decide(CATALOG, ANONYMOUS, opened, "read").allowed


def test_a_hidden_layer_looks_like_an_unknown_one() -> None:
    assert visible_layer(CATALOG, ANONYMOUS, "gas_pipe") is None
    assert visible_layer(CATALOG, ANONYMOUS, "no_such") is None
    assert visible_layer(CATALOG, Actor("operator"), "gas_pipe") is CATALOG.layers["gas_pipe"]
    assert "camera" not in {layer.name for layer in visible_layers(CATALOG, Actor("planner"))}


def test_a_closer_column_is_hidden_within_an_open_layer() -> None:
    grid = CATALOG.layers["grid_cell"]
    assert "population" not in readable_columns(CATALOG, ANONYMOUS, grid)
    assert readable_columns(CATALOG, Actor("viewer"), grid) == tuple(grid.columns)
    assert readable_columns(CATALOG, ANONYMOUS, CATALOG.layers["camera"]) == ()
    assert not decide(CATALOG, ANONYMOUS, grid, "read", "population").allowed
    assert decide(CATALOG, ANONYMOUS, grid, "read", "geom").allowed


def test_runs_take_a_planner() -> None:
    assert [may_run(CATALOG, Actor(role)).allowed for role in ROLES] == [False, False, True, True, True]


def test_every_decision_gives_its_reason_in_both_languages() -> None:
    gas = CATALOG.layers["gas_pipe"]
    for decision in (
        decide(CATALOG, ANONYMOUS, gas, "read"),
        may_run(CATALOG, ANONYMOUS),
        decide(CATALOG, Actor("x"), gas, "read"),
    ):
        assert not decision.allowed
        assert decision.reason.zh
        assert decision.reason.en
    assert decide(CATALOG, ANONYMOUS, gas, "read").reason.zh == "匿名访客不可读取“保护”级数据"


NAMES = ["anonymous", "b", "c", "d"]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=4))
def test_rules_that_pass_the_check_are_monotone_and_others_do_not_pass(edges: list[tuple[int, int]]) -> None:
    """Each class admits the roles from a place on; the check accepts exactly those that only ever get closer."""
    shared = CATALOG.access.classes["open"]
    classes = {
        name: Class(
            title=shared.title, treatment=Text("甲", "A"), read=tuple(NAMES[r:]), write=tuple(NAMES[w:])
        )
        for name, (r, w) in zip(CLASSES, edges, strict=True)
    }
    roles = {name: CATALOG.access.roles["viewer"] for name in NAMES}
    access = Access(roles=roles, classes=classes, run=())  # type: ignore[arg-type]
    reads = [r for r, _ in edges]
    sound = reads == sorted(reads) and all(w >= r for r, w in edges)
    assert (list(check_access(access, "access.toml")) == []) == sound
