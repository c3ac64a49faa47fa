"""From command to servo: what the engine can delay, and the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS
from dexsim2real_sim.parameters.fields import Ids, ModelFields

Array = NDArray[np.float64]


class ServoDelay:
    """How late the servos of each environment hear their commands.

    The engine remembers commands of past physics steps, not the present one, so that any delay shorter than a step
    is a whole step to it. It makes those of a step and more; shorter ones are for `CommandShaper`.
    """

    def __init__(self, fields: ModelFields, num_envs: int) -> None:
        self._fields = fields
        self._short = np.zeros((num_envs, len(JOINTS)))
        self.short: Array | None = None
        """What the engine does not delay, in physics steps, 0 to 1, shape (N, 23); None if there is nothing."""

    def set(self, ids: Ids, seconds: Array) -> None:
        """From now on commands of these environments' joints are so late [s], shape (k, 23)."""
        step = self._fields.model.opt.timestep
        short = seconds < step
        self._fields.array("actuator_delay")[ids] = np.where(short, 0.0, seconds)
        self._short[ids] = np.where(short, seconds / step, 0.0)
        self.short = self._short if self._short.any() else None
