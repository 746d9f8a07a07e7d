"""What a run tells of itself beside its figures: choices it made and data it missed, in both languages."""

from __future__ import annotations

from pydantic import ConfigDict

from twin.processes.models import Value, field, titled
from twin.text import Text


class Remark(Value):
    """One sentence or two."""

    model_config = ConfigDict(json_schema_extra=titled("说明", "Remark"))

    zh: str = field("中文", "Chinese")
    en: str = field("英文", "English")

    @classmethod
    def of(cls, text: Text) -> Remark:
        """The same words as an output."""
        return cls(zh=text.zh, en=text.en)
