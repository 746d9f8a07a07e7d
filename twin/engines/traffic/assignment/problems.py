"""Refusals of the traffic assignment: which links, zones or arguments, what is wrong with them, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import Problem, Refused, TwinError
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = 20


class AssignmentInputError(TwinError):
    """An argument that the assignment cannot work with; ``where`` names it."""

    def __init__(self, argument: str, zh: str, en: str) -> None:
        super().__init__("TWIN-700", f"交通分配参数 {argument}：{zh}", f"assignment argument {argument}: {en}",
                         status=422, where=argument)  # fmt: skip


class NetworkRefused(Refused):
    """A network or demand that has no equilibrium as given; ``problems`` name what is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        super().__init__(
            "TWIN-701",
            f"路网或出行需求有 {count} 处问题，未作分配；请按所列路段修正。",
            f"the network or the demand has {count} problem(s), nothing was assigned; mend the links listed.",
            problems,
            status=422,
        )


class Cancelled(TwinError):  # noqa: N818 - what happened, not an error of anyone
    """The caller asked to stop; nothing is returned."""

    def __init__(self, iteration: int, gap: float) -> None:
        super().__init__(
            "TWIN-702",
            f"交通分配已在第 {iteration} 次迭代（相对间隙 {gap:.1e}）取消；需要结果请重新运行。",
            f"assignment cancelled in iteration {iteration} at a gap of {gap:.1e}; run it again to get a result.",
            status=409,
        )
        self.iteration = iteration


TEXTS = {
    "TWIN-703": Text(
        zh="路段端点不在节点范围内：{numbers}；请检查节点编号。",
        en="links with an end that is no node: {numbers}; check the node numbers.",
    ),
    "TWIN-704": Text(
        zh="自环路段，不承担流量：{numbers}。",
        en="links from a node to itself, which carry no flow: {numbers}.",
    ),
    "TWIN-705": Text(
        zh="路段的 {what} 为负、缺失或超出范围：{numbers}；请补正。",
        en="links whose {what} is negative, missing or out of range: {numbers}; put it right.",
    ),
    "TWIN-706": Text(
        zh="延误函数不随流量递增的路段：{numbers}；BPR 要求 a >= 0、b >= 0，锥形函数要求 b > 1，Akcelik 要求 a >= 0。",
        en="links with a delay function that does not increase with flow: {numbers}; BPR wants a >= 0 and b >= 0, conical "
        "b > 1, Akcelik a >= 0.",
    ),
    "TWIN-707": Text(
        zh="转向的两路段不相接，或其时间为负：{numbers}；请检查转向表。",
        en="turns whose links do not meet, or of negative time: {numbers}; check the table of turns.",
    ),
    "TWIN-708": Text(
        zh="{what} 中起讫点或出行量不合要求的行：{numbers}；应为已有节点和不小于 0 的数。",
        en="{what}: rows whose nodes or trips cannot be: {numbers}; nodes must exist and trips be 0 or more.",
    ),
    "TWIN-709": Text(
        zh="{what} 有出行到达不了的目的节点：{numbers}；这些出行计为“无法到达”，不参与分配。",
        en="{what}: trips have no way to these nodes: {numbers}; they are counted as cut off and not assigned.",
    ),
}


def named(
    code: str, numbers: Sequence[int], *, what: str = "", column: str = "link", fatal: bool = True
) -> Problem:
    """A problem of some links, nodes or rows; the first of them are listed."""
    shown = ", ".join(str(int(number)) for number in numbers[:_NAMED])
    shown += f" … ({len(numbers)})" if len(numbers) > _NAMED else ""
    return Problem(code, TEXTS[code].format(numbers=shown, what=what), row=int(numbers[0]), column=column, value=shown,
                   fatal=fatal)  # fmt: skip
