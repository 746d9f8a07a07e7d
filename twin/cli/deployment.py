"""One deployment as the command line sees it: settings, catalogue, private cluster or managed server, store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from twin.access.actor import Actor
from twin.catalog.load import load, shipped_layers
from twin.catalog.spec import Catalog, Layer
from twin.errors import TwinError, did_you_mean
from twin.settings import Settings
from twin.store.artifact_store import ArtifactStore
from twin.store.cluster import Cluster, ensure_cluster
from twin.store.database import Store

# who shells in on the machine is its administrator; the database still holds him to the role's rights
OPERATOR = Actor("admin", "command line")


@dataclass
class Deployment:
    settings: Settings = field(default_factory=Settings)

    @cached_property
    def catalog(self) -> Catalog:
        return load(shipped_layers(), *self.settings.layers)

    @cached_property
    def cluster(self) -> Cluster | None:
        """The private cluster, started; None when a managed server is set."""
        if self.settings.database_url is not None:
            return None
        return ensure_cluster(self.settings.home)

    @property
    def url(self) -> str:
        """Where web and worker log in."""
        if self.settings.database_url is not None:
            return self.settings.database_url.get_secret_value()
        assert self.cluster is not None
        return self.cluster.url("twin_login")

    @property
    def owner_url(self) -> str:
        """Where migrations log in."""
        if self.settings.owner_url is not None:
            return self.settings.owner_url.get_secret_value()
        if self.cluster is None:
            raise TwinError(
                "TWIN-640",
                "使用托管数据库时，迁移需要属主角色：请设置 TWIN_OWNER_URL",
                "with a managed server migrations need the owner's login: set TWIN_OWNER_URL",
                where="TWIN_OWNER_URL",
            )
        return self.cluster.url("twin_owner")

    @property
    def storage_crs(self) -> int:
        """The database's own storage CRS, else ``TWIN_CRS`` (which a database that has another one refuses)."""
        from twin.store.system import stored_crs

        if "crs" in self.settings.model_fields_set:
            return self.settings.crs
        return stored_crs(self.owner_url) or self.settings.crs

    @cached_property
    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.settings.artifacts_url)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store.open(self.url, self.catalog)
        try:
            yield store
        finally:
            store.close()

    def layer(self, name: str) -> Layer:
        layer = self.catalog.layer(name)
        if layer is None:
            hint = did_you_mean(name, self.catalog.layers)
            raise TwinError(
                "TWIN-370",
                f"没有名为“{name}”的图层。{hint.zh}",
                f'there is no layer "{name}".{hint.en}',
                status=404,
                where="--layer",
            )
        return layer
