"""``twin``: the command line for operators. Each command is thin: it opens a deployment and calls an action."""

from __future__ import annotations

import sys

import typer

from twin.cli import city, data, keys, nowcast, roads, runs, service
from twin.cli.console import explain
from twin.errors import TwinError

app = typer.Typer(
    name="twin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="城市信息模型与数字孪生服务 / city information model and digital-twin service",
)
city.register(app)
data.register(app)
roads.register(app)
runs.register(app)
nowcast.register(app)
keys.register(app)
service.register(app)


def main() -> None:
    """Run the command line; a refusal ends with its explanation and exit status 1."""
    try:
        app()
    except TwinError as error:
        explain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
