"""A run that no rule published is published by an operator, and taken back; never one made of closer layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jobs_city import OPERATOR, PLANNER, City, Worker

from twin.actions import runs
from twin.actions.identifier import uuid7
from twin.actions.publish import publish
from twin.errors import TwinError

if TYPE_CHECKING:
    from uuid import UUID

    from twin.actions.run_row import RunRow


def change(city: City, run: UUID, setting: str) -> None:
    with city.store.service() as conn:
        conn.execute(f"UPDATE run.run SET {setting} WHERE id = %s", [run])  # type: ignore[arg-type]


def members(city: City, run: UUID) -> list[RunRow]:
    return runs.list_runs(city.store, OPERATOR, parent=run)


def test_an_operator_publishes_and_takes_back(city: City, worker: Worker) -> None:
    run = city.ended(city.submit(rows=2).id, 120.0).id
    change(city, run, "published = false")
    assert city.rows(run) == []
    assert publish(city.store, OPERATOR, run).published
    assert len(city.rows(run)) == 2
    assert not publish(city.store, OPERATOR, run, published=False).published
    assert city.rows(run) == []


def test_what_may_not_be_published(city: City, worker: Worker) -> None:
    run = city.ended(city.submit(rows=1).id, 120.0).id
    with pytest.raises(TwinError, match="TWIN-582"):
        publish(city.store, PLANNER, run)
    with pytest.raises(TwinError, match="TWIN-505"):
        publish(city.store, OPERATOR, uuid7())
    change(city, run, "published = false, closed = true")
    with pytest.raises(TwinError, match="TWIN-583"):
        publish(city.store, OPERATOR, run)
    assert city.rows(run) == []
    failed = city.ended(city.submit("trial-series", members=2, failing=[0, 1]).id)
    parts = [row.id for row in members(city, failed.id)]
    with pytest.raises(TwinError, match="TWIN-334"):
        publish(city.store, OPERATOR, parts[0])
    whole = city.ended(city.submit("trial-series", members=1).id)
    with pytest.raises(TwinError, match="TWIN-583"):
        publish(city.store, OPERATOR, members(city, whole.id)[0].id)
