"""Clearing away what nobody refers to: rasters whose run never ended well, jobs long done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.jobs.connector import PatientConnector
    from twin.jobs.order import Work


async def keep_house(work: Work, queue: PatientConnector) -> None:
    pass
