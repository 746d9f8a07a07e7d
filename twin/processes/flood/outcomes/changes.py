"""States over time, kept as the moments at which they changed: compact however long a run and large a network is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class Changes:
    """The states of ``count`` things, each a row of ``width`` numbers; rows of zeros are nothing worth telling.

    A thing's state is noted when a number of it moved by more than its ``step``, or when it begins or ends.
    """

    def __init__(self, count: int, step: NDArray[np.floating]) -> None:
        self._step = np.asarray(step, np.float64)
        self._last = np.zeros((count, len(self._step)))
        self._noted: list[tuple[float, NDArray[np.intp], NDArray[np.float64]]] = []

    def look(self, minute: float, state: NDArray[np.floating]) -> None:
        """Take the states (count, width) at a minute, which must not go back."""
        now = np.asarray(state, np.float64)
        begins_or_ends = (now != 0).any(axis=1) != (self._last != 0).any(axis=1)
        moved = (np.abs(now - self._last) > self._step).any(axis=1) | begins_or_ends
        index = np.nonzero(moved)[0]
        if index.size:
            self._last[index] = now[index]
            self._noted.append((minute, index, now[index]))

    def intervals(self) -> Iterator[tuple[int, float, float | None, NDArray[np.float64]]]:
        """(thing, from minute, to minute or None while it lasted to the end, state), by thing and time."""
        if not self._noted:
            return
        thing = np.concatenate([index for _, index, _ in self._noted])
        minute = np.concatenate([np.full(index.size, at) for at, index, _ in self._noted])
        state = np.concatenate([rows for _, _, rows in self._noted])
        order = np.lexsort((minute, thing))
        thing, minute, state = thing[order], minute[order], state[order]
        telling = (state != 0).any(axis=1)
        for k in np.nonzero(telling)[0]:
            last = k + 1 == len(thing) or thing[k + 1] != thing[k]
            yield int(thing[k]), float(minute[k]), None if last else float(minute[k + 1]), state[k]
