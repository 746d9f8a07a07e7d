"""The derived configuration: fresh, deterministic, and accepted by the library's own commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from twin.catalog.load import load, shipped_layers
from twin.ogc.config import config, render
from twin.processes.registry import registry

ROOT = Path(__file__).parents[3]
FILE = ROOT / "pygeoapi-config.yml"


@pytest.fixture(scope="module")
def text() -> str:
    return render(load(shipped_layers()), registry())


def test_the_committed_file_is_fresh(text: str) -> None:
    assert FILE.read_text(encoding="utf-8") == text, "run twin derive"


def test_it_is_the_same_each_time(text: str) -> None:
    assert render(load(shipped_layers()), reversed(list(registry()))) == text


def test_it_names_every_layer_in_both_languages(text: str) -> None:
    catalog = load(shipped_layers())
    found = yaml.safe_load(text)["resources"]
    assert {name for name, one in found.items() if one["type"] == "collection"} == set(catalog.layers)
    for name, layer in catalog.layers.items():
        assert found[name]["title"] == {"zh": layer.title.zh, "en": layer.title.en}
        # The library turns axes and answers nothing where a storage CRS is set.
        assert all("storage_crs" not in provider for provider in found[name]["providers"])


def test_a_view_holds_only_its_layers() -> None:
    found = config(load(shipped_layers()), (), layers=["building"])
    assert list(found["resources"]) == ["building"]


@pytest.mark.parametrize("command", [["config", "validate", "-c"], ["openapi", "generate"]])
def test_the_library_accepts_it(text: str, command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "pygeoapi-config.yml"
    path.write_text(text, encoding="utf-8")
    tool = Path(sys.executable).with_name("pygeoapi")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYGEOAPI_CONFIG": str(path)}
    done = subprocess.run(
        [str(tool), *command, str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    if "generate" in command:
        assert "/collections/building/items" in done.stdout
        assert "/processes/flood" in done.stdout
