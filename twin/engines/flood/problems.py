"""Refusals of the flood engine: which argument, what is wrong with it, what to do."""

from __future__ import annotations

from twin.errors import TwinError


class FloodInputError(TwinError):
    """An argument that the engine cannot compute with; ``where`` names it."""

    def __init__(self, argument: str, zh: str, en: str) -> None:
        super().__init__("TWIN-510", f"内涝模型参数 {argument}：{zh}", f"flood argument {argument}: {en}",
                         status=422, where=argument)  # fmt: skip


class Cancelled(TwinError):  # noqa: N818 - what happened, not an error of anyone
    """The caller asked to stop; nothing is returned."""

    def __init__(self, reached_s: float, duration_s: float) -> None:
        super().__init__(
            "TWIN-511",
            f"内涝计算已在第 {reached_s:.0f} 秒（共 {duration_s:.0f} 秒）取消；需要结果请重新运行。",
            f"flood run cancelled at {reached_s:.0f} s of {duration_s:.0f} s; run it again to get a result.",
            status=409,
        )
        self.reached_s = reached_s
