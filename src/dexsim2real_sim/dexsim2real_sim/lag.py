"""Readings that arrive late: a short memory of past values, read at a delay of its own per environment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Lag:
    """Delays a stream of values sampled every `period` seconds, by linear interpolation between samples."""

    def __init__(self, num_envs: int, size: int, period: float, longest: float) -> None:
        self.period = period
        self._depth = int(np.ceil(longest / period)) + 2
        self._past = np.zeros((self._depth, num_envs, size), np.float32)
        self._newest = 0
        self._envs = np.arange(num_envs)

    def reset(self, ids: NDArray[np.intp], values: NDArray[np.floating]) -> None:
        """As if `values`, shape (k, size), had always been the reading of these environments."""
        self._past[:, ids] = values

    def push(self, values: NDArray[np.floating], delay: NDArray[np.float64]) -> NDArray[np.float32]:
        """Store the newest values, shape (N, size), and return those of `delay` [s] ago, delay shape (N,)."""
        self._newest = (self._newest + 1) % self._depth
        self._past[self._newest] = values
        steps = np.minimum(delay / self.period, self._depth - 2)
        whole = steps.astype(int)
        late: NDArray[np.float32] = self._past[(self._newest - whole) % self._depth, self._envs]
        later = self._past[(self._newest - whole - 1) % self._depth, self._envs]
        later -= late
        later *= (steps - whole)[:, None].astype(np.float32)
        late += later
        return late


class FrameLag:
    """Delays camera frames taken every `period` seconds: the newest that is old enough, never a mixture of two."""

    def __init__(self, frames: NDArray[np.uint8], period: float, longest: float) -> None:
        """`frames` has the shape of what is pushed, (N, ...)."""
        self._period = period
        self._past = np.zeros((int(np.ceil(longest / period)) + 1, *frames.shape), np.uint8)
        self._newest = 0
        self._envs = np.arange(len(frames))

    def reset(self, ids: NDArray[np.intp], frames: NDArray[np.uint8]) -> None:
        """As if these environments had always looked like `frames`, shape (k, ...)."""
        self._past[:, ids] = frames

    def push(self, frames: NDArray[np.uint8], delay: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Store the newest frames, shape (N, ...), and return those of at least `delay` [s] ago, shape (N,)."""
        self._newest = (self._newest + 1) % len(self._past)
        self._past[self._newest] = frames
        steps = np.ceil(delay / self._period - 1e-6).astype(int)  # less rounding, so that a whole period is one step
        late: NDArray[np.uint8] = self._past[(self._newest - steps) % len(self._past), self._envs]
        return late
