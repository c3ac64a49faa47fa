"""Random streams, one set per environment, so that what one environment draws depends on nothing else.

Environment i of seed s draws the same numbers whether 8 or 64 environments run beside it, on any number of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

_BLOCK = 32
"""Steps of noise drawn at a time; one call into the generator instead of thirty-two."""


def episode_streams(seed: int, num_envs: int, first: int = 0) -> list[np.random.Generator]:
    """One generator per environment for what is drawn at the start of an episode; `first` numbers the first one."""
    return [np.random.default_rng([seed, first + i, 0]) for i in range(num_envs)]


class NoiseStreams:
    """Standard normal numbers for every step, a row per environment.

    The next block is drawn by a thread while physics runs: drawing costs as much as all other work of a step.
    """

    def __init__(self, seed: int, num_envs: int, channels: int, first: int = 0) -> None:
        self._streams = [np.random.default_rng([seed, first + i, 1]) for i in range(num_envs)]
        self._blocks = [np.empty((_BLOCK, num_envs, channels), np.float32) for _ in range(2)]
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="noise")
        self._coming = self._worker.submit(self._fill, self._blocks[1])
        self._next = _BLOCK

    def draw(self) -> NDArray[np.float32]:
        """The next row of each environment, shape (N, channels); valid until the next call."""
        if self._next == _BLOCK:
            self._coming.result()
            self._blocks.reverse()
            self._coming = self._worker.submit(self._fill, self._blocks[1])
            self._next = 0
        row: NDArray[np.float32] = self._blocks[0][self._next]
        self._next += 1
        return row

    def _fill(self, block: NDArray[np.float32]) -> None:
        for i, stream in enumerate(self._streams):
            block[:, i] = stream.standard_normal((_BLOCK, block.shape[2]), np.float32)


def frame_streams(seed: int, num_envs: int, first: int = 0) -> list[np.random.Generator]:
    """One generator per environment for what is drawn with every camera frame."""
    return [np.random.default_rng([seed, first + i, 3]) for i in range(num_envs)]
