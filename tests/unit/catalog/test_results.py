"""Processes and result layers agree, and a result is as closed as the closest layer it was made of."""

from __future__ import annotations

import pytest

from tests.unit.catalog.conftest import Folder
from twin.catalog.check_results import result_problems
from twin.catalog.load import check_results, load
from twin.errors import Refused


def test_agreement_is_silent(folder: Folder) -> None:
    check_results(load(folder.root), {"soak": (("place",), ("depth",))})


def test_a_result_is_not_more_open_than_its_sources(folder: Folder) -> None:
    folder.edit("base/place.toml", 'access = "open"', 'access = "protected"')
    catalog = load(folder.root)
    (problem,) = result_problems(catalog, {"soak": (("place",), ("depth",))})
    assert (problem.code, problem.file, problem.key) == ("TWIN-121", "results/depth.toml", "access")
    assert '"protected"' in problem.text.en
    with pytest.raises(Refused):
        check_results(catalog, {"soak": (("place",), ("depth",))})


@pytest.mark.parametrize(
    ("processes", "code", "word"),
    [
        ({}, "TWIN-111", "soak"),
        ({"soaks": ((), ())}, "TWIN-111", 'Did you mean "soaks"?'),
        ({"soak": (("place",), ())}, "TWIN-122", "does not write"),
        ({"soak": (("plaza",), ("depth",))}, "TWIN-111", "plaza"),
        ({"soak": ((), ("depth", "dept"))}, "TWIN-111", '"depth"?'),
        ({"soak": ((), ("depth",)), "other": ((), ("depth",))}, "TWIN-122", 'names "soak"'),
        ({"soak": ((), ("depth", "place"))}, "TWIN-122", "writes this layer"),
    ],
)
def test_disagreement_is_told(
    folder: Folder, processes: dict[str, tuple[tuple[str, ...], ...]], code: str, word: str
) -> None:
    problems = result_problems(load(folder.root), processes)  # type: ignore[arg-type]
    assert [p.code for p in problems] == [code]
    assert word in problems[0].text.en
