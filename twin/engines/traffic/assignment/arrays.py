"""The arrays that the kernels share, as tuples."""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any


class Graph(NamedTuple):
    """Links sorted by tail: ``start`` (nodes + 1,), ``tail``, ``head`` (links,), ``through`` (nodes,)."""

    start: Array
    tail: Array
    head: Array
    through: Array


class Trips(NamedTuple):
    """Per bush: ``origin``, row of fixed costs ``user``, and its destinations ``start[b]:start[b + 1]`` of ``node``, ``pcu``."""

    origin: Array
    user: Array
    start: Array
    node: Array
    pcu: Array


class Links(NamedTuple):
    """State of the links: ``flow`` pcu/h, ``time`` (the cost that flow makes) and ``slope``; ``fixed`` (users, links)."""

    flow: Array
    time: Array
    slope: Array
    fixed: Array


class Bushes(NamedTuple):
    """Slots of ``link`` and ``flow``: bush b has ``count[b]`` links from ``at[b]``, the first ``core[b]`` with flows from ``flow_at[b]``.

    ``room``, ``flow_room`` (bushes,): what a slot holds; ``top`` (2,): where the free ends of ``link`` and ``flow`` begin.
    """

    link: Array
    flow: Array
    at: Array
    room: Array
    count: Array
    flow_at: Array
    flow_room: Array
    core: Array
    top: Array


class Desk(NamedTuple):
    """Working space of one origin at a time, (nodes,) unless said; ``links``, ``flows`` (links,)."""

    least: Array
    most: Array
    by: Array
    through_flow: Array
    heap: Array
    place: Array
    group: Array
    group_end: Array
    extra: Array
    mark: Array
    stack: Array
    links: Array
    flows: Array
