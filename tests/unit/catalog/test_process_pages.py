"""The reference pages of the processes that are shipped."""

from __future__ import annotations

import pytest

from twin.catalog.load import check_results, load
from twin.catalog.markdown import cell
from twin.catalog.reference import process_pages
from twin.processes.registry import registry
from twin.text import LANGUAGES, Language

PROCESSES = registry()
PAGES = process_pages(PROCESSES)


def test_catalogue_and_processes_agree() -> None:
    check_results(load(), {one.name: (one.reads, one.writes) for one in PROCESSES.values()})


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_process_has_its_page_with_each_input_and_output(language: Language) -> None:
    index = PAGES[f"docs/reference/{language}/processes/index.md"]
    for name, one in PROCESSES.items():
        text = PAGES[f"docs/reference/{language}/processes/{name}.md"]
        assert f"[`{name}`]({name}.md)" in index
        assert one.description_text[language] in text
        for schema in (one.inputs_schema(language), one.outputs_schema(language)):
            for field, part in schema.get("properties", {}).items():
                assert f"| `{field}`" in text
                assert cell(part["title"]) in text
        assert all(f"(../layers/{layer}.md)" in text for layer in (*one.reads, *one.writes))
