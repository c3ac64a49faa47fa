"""From joint targets at the policy's rate to servo commands at every physics step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class CommandShaper:
    """Interpolates between targets at the control rate, lets backlash swallow reversals, and delays.

    Backlash is a play operator at the gear: the servo's command follows the target only once the gap is taken up.
    """

    def __init__(self, num_envs: int, joints: int, ticks: int, steps_per_tick: int) -> None:
        self._ramp = (np.arange(1, ticks + 1) / ticks).repeat(steps_per_tick)[:, None]
        self._steps_per_tick = steps_per_tick
        self._commands = np.zeros((num_envs, ticks * steps_per_tick, joints))
        self.geared = np.zeros((num_envs, joints))
        """Where the gears are [rad], shape (N, J)."""

    def reset(self, ids: NDArray[np.intp], targets: Array) -> None:
        """Start with the gears at these targets, shape (k, J)."""
        self.geared[ids] = targets

    def commands(self, last: Array, target: Array, gap: Array | None, late: Array | None = None) -> Array:
        """Servo commands for one policy step [rad], shape (N, physics steps, J).

        `last` and `target` are the targets before and after the step, shape (N, J); `gap` is the full width of the
        play [rad], `late` a delay in physics steps, 0 to 1, each of shape (N, J), or None without. The next call
        overwrites them.
        """
        if late is None:
            return self._geared_path(last, target, gap)
        before = self.geared.copy()
        path = self._geared_path(last, target, gap)
        earlier = np.concatenate([before[:, None], path[:, :-1]], axis=1)
        path += late[:, None] * (earlier - path)
        return path

    def _geared_path(self, last: Array, target: Array, gap: Array | None) -> Array:
        """Where the gears go, shape (N, physics steps, J)."""
        path = np.multiply(self._ramp, (target - last)[:, None], out=self._commands)
        path += last[:, None]
        if gap is None:
            self.geared[:] = path[:, -1]
            return path
        half = gap / 2
        for begin in range(0, path.shape[1], self._steps_per_tick):
            np.maximum(self.geared, path[:, begin] - half, out=self.geared)
            np.minimum(self.geared, path[:, begin] + half, out=self.geared)
            path[:, begin : begin + self._steps_per_tick] = self.geared[:, None]
        return path
