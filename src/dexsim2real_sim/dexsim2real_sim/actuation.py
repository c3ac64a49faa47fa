"""From joint targets at the policy's rate to servo commands at every physics step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class CommandShaper:
    """Interpolates between targets at the control rate and lets backlash swallow reversals.

    Backlash is a play operator at the gear: the servo's command follows the target only once the gap is taken up.
    """

    def __init__(self, num_envs: int, joints: int, ticks: int, steps_per_tick: int) -> None:
        self._ramp = np.arange(1, ticks + 1) / ticks
        self._steps_per_tick = steps_per_tick
        self.geared = np.zeros((num_envs, joints))
        """Where the gears are [rad], shape (N, J)."""

    def reset(self, ids: NDArray[np.intp], targets: Array) -> None:
        """Start with the gears at these targets, shape (k, J)."""
        self.geared[ids] = targets

    def commands(self, last: Array, target: Array, gap: Array) -> Array:
        """Servo commands for one policy step [rad], shape (N, physics steps, J).

        `last` and `target` are the targets before and after the step, shape (N, J); `gap` is the full width of the
        play [rad], shape (N, J).
        """
        path = last[:, None] + self._ramp[:, None] * (target - last)[:, None]
        half = gap / 2
        if half.any():
            for tick in range(path.shape[1]):
                self.geared = np.clip(self.geared, path[:, tick] - half, path[:, tick] + half)
                path[:, tick] = self.geared
        else:
            self.geared = path[:, -1]
        return np.repeat(path, self._steps_per_tick, axis=1)
