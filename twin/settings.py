"""Settings of a deployment, read once from ``TWIN_*`` variables by the command line and the factories."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from twin.text import Language


def default_home() -> Path:
    """Where a private cluster and the artifacts lie: root's own home is closed to the cluster's user."""
    if os.geteuid() == 0:
        return Path("/var/lib/twin")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "twin"


class Settings(BaseSettings):
    """``TWIN_HOME``, ``TWIN_DATABASE_URL`` ... : every setting of the service; secrets print redacted."""

    model_config = SettingsConfigDict(env_prefix="TWIN_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home, description="data folder / 数据目录")
    database_url: SecretStr | None = Field(
        default=None,
        description="managed server, login role; unset: a private cluster / 托管数据库（登录角色）",
    )
    owner_url: SecretStr | None = Field(
        default=None,
        description="managed server, owner role, used by migrate / 托管数据库（属主角色，迁移用）",
    )
    layers: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="folders of the city's own layers, separated by ':' / 本市图层目录"
    )
    artifacts: str | None = Field(default=None, description="folder or URL of the rasters / 栅格存储位置")
    host: str = Field(default="127.0.0.1", description="address to serve on / 监听地址")
    port: int = Field(default=8000, ge=1, le=65535, description="port to serve on / 监听端口")
    language: Language = Field(default="zh", description="default language / 默认语言")
    crs: int = Field(default=4547, description="storage CRS (EPSG) of a new city / 新建城市的存储坐标系")
    workers: int = Field(default=1, ge=1, le=64, description="runs executed at once / 并行运行数")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host headers accepted; empty: this machine's own names when bound to it, else all / 允许的主机名",
    )

    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="origins whose pages may read this service, separated by ','; '*': all / 允许跨域读取的来源",
    )

    @field_validator("layers", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return (
            tuple(Path(part) for part in value.split(os.pathsep) if part) if isinstance(value, str) else value
        )

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @property
    def artifacts_url(self) -> str:
        """The artifact store: as set, else a folder in the home."""
        return self.artifacts or str(self.home / "artifacts")
