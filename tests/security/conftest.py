"""The small city of the web tests, for those who try its doors."""

from __future__ import annotations

from tests.integration.web.conftest import city

__all__ = ["city"]
