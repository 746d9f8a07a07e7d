"""What the hosted library is told about a layer or process: its fields and metadata, and nothing that reads data.

Items, tiles, coverages and executions are answered by our own routes; these classes refuse them.
"""

from __future__ import annotations

from typing import Any, NoReturn

from pygeoapi.process.base import BaseProcessor, ProcessorExecuteError
from pygeoapi.provider.base import BaseProvider, ProviderQueryError
from pygeoapi.provider.base_mvt import BaseMVTProvider


class _Declared(BaseProvider):  # type: ignore[misc]
    """A layer whose fields stand in the derived configuration."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self._fields = provider_def["fields"]

    def get_fields(self) -> dict[str, Any]:
        return dict(self._fields)

    def query(self, **_options: object) -> NoReturn:
        raise ProviderQueryError("answered by the service's own routes")


class LayerFeatures(_Declared):
    """A feature layer."""

    def get(self, identifier: object, **_options: object) -> NoReturn:
        raise ProviderQueryError("answered by the service's own routes")


class LayerCoverage(_Declared):
    """A raster layer."""


class LayerTiles(BaseMVTProvider):  # type: ignore[misc]
    """The vector tiles of a layer."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self.tile_type = "vector"

    def get_fields(self) -> dict[str, Any]:
        return {}

    def get_layer(self) -> str:
        return str(self.data)


class DeclaredProcess(BaseProcessor):  # type: ignore[misc]
    """A process of the registry: its description."""

    def __init__(self, processor_def: dict[str, Any]) -> None:
        from twin.processes.registry import find

        super().__init__(processor_def, find(processor_def["process"]).description("en"))

    def execute(self, data: object, outputs: object = None) -> NoReturn:
        raise ProcessorExecuteError("answered by the service's own routes")
