"""Web and worker import every declaration: that must not cost them the compiler and the numerical libraries."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numba", "llvmlite", "scipy", "matplotlib", "pandas", "libsumo", "uxsim")


def test_the_registry_loads_no_compiler_and_no_numerical_library() -> None:
    program = (
        "import sys\n"
        "from twin.processes.registry import registry\n"
        "assert len(registry()) > 4\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_every_name_of_the_engines_is_found_when_it_is_asked_for() -> None:
    program = (
        "import twin.engines.flood as flood, twin.engines.sewers as sewers\n"
        "for package in (flood, sewers):\n"
        "    for name in package.__all__:\n"
        "        assert getattr(package, name) is not None, name\n"
        "    assert not hasattr(package, 'nothing_of_this_name')\n"
        "from twin.engines.flood import regime, simulate\n"
        "assert callable(regime) and callable(simulate)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
