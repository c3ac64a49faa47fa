"""Which joint is nearest to a limit, or furthest beyond it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_hw.gate.readings import Reading, at_least, at_most

Array = NDArray[np.float64]

_RATES = ("velocity", "acceleration", "jerk")


def worst_position(names: Sequence[str], positions: Array, lower: Array, upper: Array) -> Reading:
    """Of positions [rad], shape (n, k), the one with the least distance to its range, shape (k,)."""
    room = np.minimum(positions - lower, upper - positions)
    n, joint = divmod(int(np.argmin(room)), room.shape[1])
    value = positions[n, joint]
    if value - lower[joint] < upper[joint] - value:
        return at_least("position", names[joint], value, lower[joint])
    return at_most("position", names[joint], value, upper[joint])


def worst_rates(names: Sequence[str], rates: Array, bounds: Array) -> list[Reading]:
    """Of velocities, accelerations and jerks, shape (3, n, k), the largest against the bounds, shape (3, k)."""
    readings = []
    for name, values, bound in zip(_RATES, np.abs(rates), bounds, strict=True):
        ratio = values / np.maximum(bound, 1e-12)  # near its range a robot's velocity bound may be zero
        n, joint = divmod(int(np.argmax(ratio)), ratio.shape[1])
        readings.append(at_most(name, names[joint], values[n, joint], bound[joint]))
    return readings
