"""What must hold for the access rules: known roles, and the stronger never sees less than the weaker."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING

from twin.catalog.messages import fault
from twin.catalog.spec import AccessClass
from twin.errors import did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twin.catalog.spec import Access
    from twin.errors import Problem

CLASSES: tuple[str, ...] = typing.get_args(AccessClass)
WEAKEST = "anonymous"


def check_access(access: Access, file: str) -> Iterator[Problem]:
    """Every problem of ``access.toml``; without one, a stronger role may all that a weaker one may."""
    roles = list(access.roles)
    if roles[:1] != [WEAKEST]:
        reason = Text(f"首个角色须为 {WEAKEST}", f"the first role must be {WEAKEST}")
        yield fault(file, "roles", "TWIN-119", reason)
    if list(access.classes) != list(CLASSES):
        order = ", ".join(CLASSES)
        reason = Text(
            f"四个级别须齐全并由松到严：{order}",
            f"all four classes are needed, from the most open to the most closed: {order}",
        )
        yield fault(file, "classes", "TWIN-119", reason)
    yield from _roles(access.run, roles, file, "run")
    wider: Sequence[str] = roles
    for name, rule in access.classes.items():
        yield from _roles(rule.read, roles, file, f"classes.{name}.read")
        yield from _roles(rule.write, roles, file, f"classes.{name}.write")
        more = ("级别更严却多出 {extra}", "closer than the class before it, but also admits {extra}")
        yield from _within(rule.read, wider, file, f"classes.{name}.read", more)
        blind = ("{extra} 可写却不可读", "{extra} may write but not read")
        yield from _within(rule.write, rule.read, file, f"classes.{name}.write", blind)
        wider = rule.read


def _roles(given: Sequence[str], roles: Sequence[str], file: str, key: str) -> Iterator[Problem]:
    for name in given:
        if name not in roles:
            reason = Text(f"没有角色“{name}”", f'there is no role "{name}"')
            yield fault(file, key, "TWIN-119", reason, did_you_mean(name, roles))
    known = [name for name in roles if name in given]
    if known and roles[-len(known) :] != known:
        missing = ", ".join(name for name in roles[roles.index(known[0]) :] if name not in known)
        reason = Text(
            f"更强的角色 {missing} 不能少于较弱的 {known[0]}",
            f"{missing}, stronger than {known[0]}, must not have less",
        )
        yield fault(file, key, "TWIN-119", reason)


def _within(
    given: Sequence[str], wide: Sequence[str], file: str, key: str, reason: tuple[str, str]
) -> Iterator[Problem]:
    extra = ", ".join(name for name in given if name not in wide)
    if extra:
        zh, en = (text.format(extra=extra) for text in reason)
        yield fault(file, key, "TWIN-119", reason=Text(zh, en))
