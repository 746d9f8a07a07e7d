"""Keeps the web and worker processes of one machine up, and takes them down together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

BACK_OFF_S = 0.5


def _die_with_parent() -> None:
    """In the child: SIGTERM when the supervisor is gone, however it went (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def leave_on_sigterm() -> None:
    """From now on SIGTERM ends the command as Ctrl+C does: what it started is stopped."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)


def stay() -> None:
    """While things are taken down: a second Ctrl+C or SIGTERM leaves nothing behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@dataclass
class Supervisor:
    """Children are ``twin`` commands; one that dies is started again, with a growing pause when it dies at once.

    ``environment`` is handed to each child; their output goes to ``<logs>/<name>.log``.
    """

    logs: Path
    environment: dict[str, str]
    commands: dict[str, list[str]]
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    pauses: dict[str, float] = field(default_factory=dict)
    stopping: bool = False

    def start(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in self.commands:
            self._start(name)

    def _start(self, name: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", "twin.cli", *self.commands[name]],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started[name] = time.monotonic()

    def tend(self) -> list[str]:
        """Start again what has died; the names of those."""
        revived = []
        for name, child in list(self.children.items()):
            if child.poll() is None or self.stopping:
                continue
            lived = time.monotonic() - self.started[name]
            pause = 0.0 if lived > 10 else min(30.0, max(BACK_OFF_S, 2 * self.pauses.get(name, 0.0)))
            self.pauses[name] = pause
            time.sleep(pause)
            self._start(name)
            revived.append(name)
        return revived

    def run(self) -> None:
        """Tend the children until Ctrl+C or SIGTERM."""
        try:
            while True:
                self.tend()
                time.sleep(0.5)
        except KeyboardInterrupt:
            pass

    def stop(self, grace_s: float = 10.0) -> None:
        """SIGTERM to all, SIGKILL after ``grace_s``."""
        self.stopping = True
        stay()
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + grace_s
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
