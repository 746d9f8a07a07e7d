"""How a run's context reaches the store: reading as the actor together with the data's version, writing COGs."""

from __future__ import annotations
