"""What the joints' servos exert, as the physics applies it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS
from dexsim2real_sim.compiled import of_numbers
from dexsim2real_sim.parameters.actuation import ARM, HAND
from dexsim2real_sim.parameters.registry import ParameterValues
from dexsim2real_sim.simulation import Simulation

Array = NDArray[np.float64]
Ids = NDArray[np.intp]


class Servos:
    """Torques of the position servos at the end of the last physics step.

    The engine reports the torque at the beginning of a step, from position and velocity as they were then. The
    integrator, implicit in both, applies the one at its end, unless the servo was saturated. At 120 Hz and the
    Panda's gains the two differ by 17 to 25 N m per rad/s of a steady motion.
    """

    def __init__(self, sim: Simulation) -> None:
        joints = len(JOINTS)
        model = sim.model
        self._sim = sim
        self._start: Array = sim.batch.bind("actuator_force")
        self._positions: Array = sim.batch.bind("actuator_length")
        self._velocities: Array = sim.batch.bind("actuator_velocity")
        self._nominal = np.stack(
            [model.actuator_gainprm[:joints, 0], -model.actuator_biasprm[:joints, 2], model.actuator_forcerange[:, 1]]
        )
        self._stiffness, self._damping, self._limit = np.zeros((3, sim.num_envs, joints))

    def read_parameters(self, ids: Ids, values: ParameterValues) -> None:
        """Take over gains and limits of these environments."""
        rows = zip(self._nominal, (self._stiffness, self._damping, self._limit), _SCALES, strict=True)
        for nominal, row, scale in rows:
            row[ids, ARM] = nominal[ARM] * values[f"arm_{scale}"][ids, None]
            row[ids, HAND] = nominal[HAND] * values[f"hand_{scale}"][ids, None]

    def torque(self) -> Array:
        """[N m], within the limits, shape (N, 23)."""
        sim = self._sim
        torque: Array = _end(
            self._start,
            self._limit,
            self._stiffness,
            sim.joint_position,
            self._positions,
            self._damping,
            sim.joint_velocity,
            self._velocities,
        )
        return torque


@of_numbers("f8(f8, f8, f8, f8, f8, f8, f8, f8)")
def _end(
    start: float,
    limit: float,
    stiffness: float,
    position: float,
    before: float,
    damping: float,
    velocity: float,
    velocity_before: float,
) -> float:
    """Torque at the end of a step from that at its start; a saturated servo keeps it."""
    lost = stiffness * (position - before) + damping * (velocity - velocity_before)
    if abs(start) >= limit:
        lost = 0.0
    return min(max(start - lost, -limit), limit)


_SCALES = ("stiffness", "damping_gain", "strength")
