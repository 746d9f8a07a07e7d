"""Refusals of the sewer engine: what is wrong with the network, what to do."""

from __future__ import annotations

from twin.errors import TwinError


class SewerInputError(TwinError):
    """A network or file that cannot be computed with; ``where`` names the node, link or section."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__("TWIN-512", f"排水管网 {where}：{zh}", f"sewer network {where}: {en}",
                         status=422, where=where)  # fmt: skip


class SewerEngineError(TwinError):
    """SWMM stopped, or is asked for a second network while it holds one."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("TWIN-513", f"SWMM：{zh}", f"SWMM: {en}", status=500)
