"""Readings that arrive late: a short memory of past values, read at a delay of its own per environment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.compiled import compiled


class Lag:
    """Delays a stream of values sampled every `period` seconds, by linear interpolation between samples."""

    def __init__(self, num_envs: int, size: int, period: float, longest: float) -> None:
        self.period = period
        self._depth = int(np.ceil(longest / period)) + 2
        self._past = np.zeros((self._depth, num_envs, size), np.float32)
        self._newest = 0
        self._whole = np.zeros(num_envs, np.intp)
        self._share = np.zeros(num_envs, np.float32)

    def set_delay(self, ids: NDArray[np.intp], delay: NDArray[np.float64]) -> None:
        """From now on these environments' values arrive `delay` [s] late, shape (k,); none later than the longest."""
        steps = np.minimum(delay / self.period, self._depth - 2)
        self._whole[ids] = whole = steps.astype(np.intp)
        self._share[ids] = steps - whole

    def reset(self, ids: NDArray[np.intp], values: NDArray[np.floating]) -> None:
        """As if `values`, shape (k, size), had always been the reading of these environments."""
        self._past[:, ids] = values

    def push(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Store the newest values, shape (N, size), and return those that arrive now."""
        self._newest = (self._newest + 1) % self._depth
        late: NDArray[np.float32] = np.empty_like(values)
        _pass(self._past, self._newest, self._whole, self._share, values, late)
        return late


@compiled("(f4[:, :, ::1], intp, intp[::1], f4[::1], f4[:, ::1], f4[:, ::1])")
def _pass(
    past: NDArray[np.float32],
    newest: int,
    whole: NDArray[np.intp],
    share: NDArray[np.float32],
    values: NDArray[np.float32],
    late: NDArray[np.float32],
) -> None:
    """Store `values`; fill in what arrives now, between the samples `whole` and one more before the newest."""
    past[newest] = values
    for env in range(len(whole)):
        row = newest - whole[env]  # a negative one counts from the end, as in a ring it should
        for i in range(late.shape[1]):
            later, earlier = past[row, env, i], past[row - 1, env, i]
            late[env, i] = later + (earlier - later) * share[env]


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
