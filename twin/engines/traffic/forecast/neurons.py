"""A small network of neurons for all detectors together, with a few numbers of its own for each of them.

The form is that of STID (Shao et al. 2022, Spatial-temporal identity, CIKM): readings plus an identity of the detector and
the time of day into fully connected layers. Trained by Adam (Kingma and Ba 2015) on the squared error of the mean and
the pinball loss (Koenker and Bassett 1978) of three quantiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Single = NDArray[np.float32]
    type Places = NDArray[np.intp]

IDENTITY = 8
HIDDEN = (96, 96)
RATE = 2e-3
DECAY = 1e-2
WARM = 50
QUANTILES = (0.1, 0.5, 0.9)
_PULL = 1.0  # of the pinball losses against the squared one


class Neurons:
    """``outputs`` = ahead x (mean, then the QUANTILES), all of scaled residuals."""

    def __init__(self, inputs: int, detectors: int, ahead: int, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.ahead = ahead
        sizes = (inputs + IDENTITY, *HIDDEN, ahead * (1 + len(QUANTILES)))
        self.identity = (0.1 * draw.normal(size=(detectors, IDENTITY))).astype(np.float32)
        gains = [*(1.0 for _ in HIDDEN), 0.1]
        self.weights = [
            (gain * np.sqrt(2 / a) * draw.normal(size=(a, b))).astype(np.float32)
            for a, b, gain in zip(sizes[:-1], sizes[1:], gains, strict=True)
        ]
        self.biases = [np.zeros(b, np.float32) for b in sizes[1:]]
        self._parts = [self.identity, *self.weights, *self.biases]
        self._first = [np.zeros_like(p) for p in self._parts]
        self._second = [np.zeros_like(p) for p in self._parts]
        self.steps = 0

    def again(self) -> Neurons:
        """A copy that can be taught further."""
        copy = Neurons(len(self.weights[0]) - IDENTITY, len(self.identity), self.ahead, 0)
        for part, known in zip(copy._parts, self._parts, strict=True):
            part[...] = known
        return copy

    def run(self, inputs: Single, detector: Places) -> Single:
        """(rows, inputs) -> (rows, outputs)."""
        return self._layers(inputs, detector)[-1]

    def _layers(self, inputs: Single, detector: Places) -> list[Single]:
        layers = [np.concatenate([inputs, self.identity[detector]], axis=1)]
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            out = layers[-1] @ weight
            out += bias
            if number < len(HIDDEN):
                np.maximum(out, 0, out=out)
            layers.append(out)
        return layers

    def step(self, inputs: Single, detector: Places, target: Single, known: Single, rate: float) -> None:
        """One step on a batch; ``target`` (rows, ahead) scaled residuals, ``known`` 1 where read."""
        layers = self._layers(inputs, detector)
        out = layers[-1]
        ahead = self.ahead
        slope = np.empty_like(out)
        slope[:, :ahead] = (out[:, :ahead] - target) * known
        for number, q in enumerate(QUANTILES, start=1):
            part = slice(number * ahead, (number + 1) * ahead)
            slope[:, part] = (
                np.where(out[:, part] < target, np.float32(-q * _PULL), np.float32((1 - q) * _PULL)) * known
            )
        slope /= len(out)
        weights: list[Single] = []
        biases: list[Single] = []
        for number in range(len(self.weights) - 1, -1, -1):
            weights.insert(0, layers[number].T @ slope)
            biases.insert(0, slope.sum(0))
            slope = slope @ self.weights[number].T
            if number:
                slope *= layers[number] > 0
        identity = np.zeros_like(self.identity)
        np.add.at(identity, detector, slope[:, -IDENTITY:])
        self._move([identity, *weights, *biases], rate)

    def _move(self, slopes: list[Single], rate: float) -> None:
        self.steps += 1
        one, two = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        for part, slope, first, second in zip(self._parts, slopes, self._first, self._second, strict=True):
            first += np.float32(0.1) * (slope - first)
            second += np.float32(0.001) * (slope * slope - second)
            move = (first / np.float32(one)) / (np.sqrt(second / np.float32(two)) + np.float32(1e-7))
            part -= np.float32(rate) * (move + np.float32(DECAY) * part)


def rate_at(step: int, steps: int) -> float:
    """Learning rate: warmed up, then falling along half a cosine to nothing."""
    return float(RATE * min(1.0, (step + 1) / WARM) * 0.5 * (1 + np.cos(np.pi * step / max(steps, 1))))
