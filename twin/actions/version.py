"""Which code computed a run."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import twin


@cache
def code_version() -> str:
    """The package's version, and in a checkout what ``git describe`` says of it."""
    root = Path(twin.__file__).parents[1]
    if not (root / ".git").exists():
        return twin.__version__
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--tags"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return twin.__version__
    return f"{twin.__version__}+{said}"
