"""What the traffic processes are asked speaks the catalogue's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.processes.traffic.asked import ROAD_CLASS_TERMS

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog


def test_road_classes_are_those_of_the_vocabulary(catalog: Catalog) -> None:
    known = catalog.vocabularies["road_class"].terms
    assert {code: (term.zh, term.en) for code, term in known.items()} == {
        code: (title.zh, title.en) for code, title in ROAD_CLASS_TERMS.items()
    }
