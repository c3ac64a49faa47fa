"""Random streams, one set per environment, so that what one environment draws depends on nothing else.

Environment i of seed s draws the same numbers whether 8 or 64 environments run beside it, on any number of threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 32
"""Steps of noise drawn at a time; one call into the generator instead of thirty-two."""


def episode_streams(seed: int, num_envs: int) -> list[np.random.Generator]:
    """One generator per environment for what is drawn at the start of an episode."""
    return [np.random.default_rng([seed, i, 0]) for i in range(num_envs)]


class NoiseStreams:
    """Standard normal numbers for every step, a row per environment."""

    def __init__(self, seed: int, num_envs: int, channels: int) -> None:
        self._streams = [np.random.default_rng([seed, i, 1]) for i in range(num_envs)]
        self._pool = np.empty((_BLOCK, num_envs, channels), np.float32)
        self._next = _BLOCK

    def draw(self) -> NDArray[np.float32]:
        """The next row of each environment, shape (N, channels); valid until the next call."""
        if self._next == _BLOCK:
            for i, stream in enumerate(self._streams):
                self._pool[:, i] = stream.standard_normal((_BLOCK, self._pool.shape[2]), np.float32)
            self._next = 0
        row: NDArray[np.float32] = self._pool[self._next]
        self._next += 1
        return row


def frame_streams(seed: int, num_envs: int) -> list[np.random.Generator]:
    """One generator per environment for what is drawn with every camera frame."""
    return [np.random.default_rng([seed, i, 3]) for i in range(num_envs)]
