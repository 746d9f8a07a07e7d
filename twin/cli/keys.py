"""API keys: create, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from twin.cli.console import out, say
from twin.cli.deployment import Deployment
from twin.errors import TwinError, did_you_mean
from twin.store import keys

key_app = typer.Typer(no_args_is_help=True, help="API 密钥 / API keys")


def register(app: typer.Typer) -> None:
    app.add_typer(key_app, name="key")


@key_app.command()
def create(
    role: Annotated[str, typer.Option("--role", help="viewer, planner, operator, admin")],
    name: Annotated[str, typer.Option("--name", help="持有者 / holder")] = "",
) -> None:
    """新建密钥，只显示一次 / Create a key; it is shown once."""
    deployment = Deployment()
    roles = [known for known in deployment.catalog.access.roles if known != "anonymous"]
    if role not in roles:
        hint = did_you_mean(role, roles)
        raise TwinError(
            "TWIN-411",
            f"没有角色“{role}”，可用：{', '.join(roles)}。{hint.zh}",
            f'there is no role "{role}", choose from {", ".join(roles)}.{hint.en}',
            where="--role",
        )
    with deployment.store() as store, store.service() as connection:
        out.print(keys.create(connection, role, name or role), markup=False)


@key_app.command(name="list")
def list_() -> None:
    """列出密钥 / List the keys (never their secrets)."""
    with Deployment().store() as store, store.service() as connection:
        for key in keys.list_(connection):
            out.print("  ".join(str(part) for part in key), markup=False)


@key_app.command()
def revoke(key: Annotated[str, typer.Argument(help="密钥编号 / key id")]) -> None:
    """吊销密钥 / Revoke a key."""
    with Deployment().store() as store, store.service() as connection:
        keys.revoke(connection, key)
    say(f"已吊销 {key}", f"revoked {key}")
