"""The plan that the gate follows: the chunks so far, joined in time and smooth between their points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_hw.gate.chunk import NANOSECONDS, Knots

Array = NDArray[np.float64]


class Plan:
    """Piecewise cubic in time (Hermite), exact at the points of the chunks.

    Velocities at the points are the chunk's, or else those of a parabola through a point and its neighbours, and
    zero at a chunk's last point. Before its first point and after its last one the plan is constant.
    """

    def __init__(self, start_ns: int, position: Array) -> None:
        self._times = np.array([start_ns], np.int64)
        self._positions = position[None].copy()
        self._velocities = np.zeros_like(self._positions)

    def splice(self, knots: Knots, now_ns: int) -> None:
        """Follow `knots` from their first point on; until then, what was planned before.

        Where that has ended by now, the way to the first point starts now, at rest.
        """
        slopes = knots.velocities if knots.velocities is not None else _slopes(knots.times, knots.positions)
        if self._times[-1] <= now_ns:
            self._times, self._positions = np.array([now_ns], np.int64), self._positions[-1:]
            self._velocities = np.zeros_like(self._positions)
        first = max(0, int(np.searchsorted(self._times, now_ns, side="right")) - 1)  # the past is not needed
        keep = slice(first, int(np.searchsorted(self._times, knots.times[0])))
        self._times = np.concatenate([self._times[keep], knots.times])
        self._positions = np.concatenate([self._positions[keep], knots.positions])
        self._velocities = np.concatenate([self._velocities[keep], slopes])

    def sample(self, times_ns: NDArray[np.int64]) -> Array:
        """The plan [rad], shape (n, J), at times [ns], shape (n,)."""
        times, last = self._times, len(self._times) - 1
        if last == 0:
            return np.repeat(self._positions, len(times_ns), axis=0)
        left = np.clip(np.searchsorted(times, times_ns, side="right") - 1, 0, last - 1)
        width = ((times[left + 1] - times[left]) * NANOSECONDS)[:, None]
        s = np.clip(((times_ns - times[left]) * NANOSECONDS)[:, None] / width, 0.0, 1.0)
        p0, p1 = self._positions[left], self._positions[left + 1]
        v0, v1 = width * self._velocities[left], width * self._velocities[left + 1]
        rise = s * s * (3.0 - 2.0 * s)
        bend = s * (1.0 - s) * ((1.0 - s) * v0 - s * v1)
        between: Array = np.where(s < 1.0, p0 + rise * (p1 - p0), p1) + bend
        return between


def _slopes(times: NDArray[np.int64], positions: Array) -> Array:
    slopes = np.zeros_like(positions)
    if len(times) > 1:
        width = (np.diff(times) * NANOSECONDS)[:, None]
        secant = np.diff(positions, axis=0) / width
        slopes[0] = secant[0]
        slopes[1:-1] = (width[:-1] * secant[1:] + width[1:] * secant[:-1]) / (width[:-1] + width[1:])
    return slopes
