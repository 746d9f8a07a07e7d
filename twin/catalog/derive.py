"""The committed files that follow from the catalogue alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.editor import editor_schema_text
from twin.catalog.reference import pages

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog


def derived(catalog: Catalog) -> dict[str, str]:
    """Content by path relative to the repository's root; the same catalogue always gives the same bytes."""
    return {"layers/layer.schema.json": editor_schema_text(), **pages(catalog)}
