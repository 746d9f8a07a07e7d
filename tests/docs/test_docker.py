"""Image and compose file: no Docker here, so what can be known without it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.docs.conftest import ROOT
from twin.cli import app
from twin.settings import Settings

FOLDER = ROOT / "docker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text(encoding="utf-8"))
SECRETS = {"POSTGRES_PASSWORD", "TWIN_OWNER_PASSWORD", "TWIN_LOGIN_PASSWORD"}


def test_the_image_copies_what_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    kept = re.findall(r"^!(.+)$", ignored, re.MULTILINE)
    copied = {part.split("/")[0] for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
              for part in line.split()}  # fmt: skip
    assert copied == set(kept)


def test_images_are_pinned() -> None:
    images = [*re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)]
    images += [service["image"] for service in COMPOSE["services"].values()]
    for image in images:
        tag = image.partition(":")[2]
        assert re.match(r"\d", tag), f"{image}: pin a version"


def test_the_image_serves_unprivileged_and_says_whether_it_lives() -> None:
    assert re.search(r"^USER twin$", DOCKERFILE, re.MULTILINE)
    assert "/health" in DOCKERFILE
    assert re.search(r"^EXPOSE 8000$", DOCKERFILE, re.MULTILINE)
    assert "TWIN_PORT=8000" in DOCKERFILE


def test_services_run_commands_of_ours_in_the_right_order() -> None:
    services = COMPOSE["services"]
    names = {command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in ("migrate", "web", "worker"):
        program, command = services[name]["command"]
        assert (program, command) == ("twin", name)
        assert command in names
    assert services["migrate"]["depends_on"]["postgis"]["condition"] == "service_healthy"
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert services[name]["volumes"] == services["migrate"]["volumes"]
    assert services["web"]["ports"][0].endswith(":8000")
    assert "127.0.0.1" in services["web"]["ports"][0]


def test_settings_of_the_services_exist() -> None:
    known = {f"TWIN_{name.upper()}" for name in Settings.model_fields}
    for name in ("migrate", "web", "worker"):
        assert set(COMPOSE["services"][name]["environment"]) <= known


def test_the_owner_password_goes_to_the_migration_alone() -> None:
    for name, service in COMPOSE["services"].items():
        told = str(service["environment"])
        assert ("TWIN_OWNER_PASSWORD" in told) == (name in ("postgis", "migrate"))


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_secrets_have_no_default(secret: str) -> None:
    text = (FOLDER / "compose.yml").read_text(encoding="utf-8")
    uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", text)
    assert uses
    assert all(use.startswith(":?") for use in uses)
    example = (FOLDER / "twin.env.example").read_text(encoding="utf-8")
    assert re.search(rf"^{secret}=$", example, re.MULTILINE)


def test_every_variable_of_the_compose_file_stands_in_the_example() -> None:
    text = (FOLDER / "compose.yml").read_text(encoding="utf-8")
    example = (FOLDER / "twin.env.example").read_text(encoding="utf-8")
    for name in set(re.findall(r"\$\{([A-Z_]+)", text)):
        assert re.search(rf"^{name}=", example, re.MULTILINE), name


def test_mounted_files_are_there_and_can_be_run() -> None:
    (script,) = [
        volume.split(":")[0]
        for volume in COMPOSE["services"]["postgis"]["volumes"]
        if volume.startswith("./")
    ]
    assert (FOLDER / script).stat().st_mode & 0o111
