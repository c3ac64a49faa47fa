"""What to do where successive action chunks overlap: temporal ensembling as in ACT (Zhao et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_policy.contract import Chunking

Array = NDArray[np.float64]


@dataclass
class _Chunk:
    positions: Array
    """[rad], shape (N, H, J)."""
    age: int
    """Action steps since its observation."""
    valid: NDArray[np.bool_]
    """Which robots of the batch have not been reset since, shape (N,)."""


class ChunkBlender:
    """Averages what all chunks so far say about each coming step.

    A chunk that is `a` action steps old has weight exp(decay * a): the oldest weighs most, as in ACT, whose index i
    counts from the oldest with weight exp(-m i). With one observation per action step the two are the same.
    """

    def __init__(self, chunking: Chunking) -> None:
        self._chunking = chunking
        self._chunks: list[_Chunk] = []

    def reset(self, robots: NDArray[np.bool_] | None = None) -> None:
        """Forget the past chunks, of all or of some robots of the batch, shape (N,)."""
        if robots is None:
            self._chunks = []
            return
        for chunk in self._chunks:
            chunk.valid = chunk.valid & ~robots

    def blend(self, positions: Array, steps: int) -> Array:
        """The chunk to follow [rad], shape (N, H, J), from a new one of that shape.

        `steps` is the number of action steps since the chunk before.
        """
        if self._chunking.blend == "newest":
            return positions
        for chunk in self._chunks:
            chunk.age += steps
        horizon = self._chunking.length
        self._chunks = [chunk for chunk in self._chunks if chunk.age < horizon]
        self._chunks.append(_Chunk(positions, 0, np.ones(len(positions), dtype=bool)))
        return self._average(horizon)

    def _average(self, horizon: int) -> Array:
        newest = self._chunks[-1].positions
        total, weight = np.zeros_like(newest), np.zeros((len(newest), horizon, 1))
        for chunk in self._chunks:
            share = np.exp(self._chunking.decay * chunk.age) * chunk.valid[:, None, None]
            total[:, : horizon - chunk.age] += share * chunk.positions[:, chunk.age :]
            weight[:, : horizon - chunk.age] += share
        average: Array = total / weight
        return average
