"""Fingertip touch: contact forces of the engine spread over the taxels of a layout, then read as the skin reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, TouchLayout
from dexsim2real_sim.lag import Lag
from dexsim2real_sim.parameters.registry import ParameterValues
from dexsim2real_sim.quaternions import cross
from dexsim2real_sim.simulation import Array, Ids, Simulation

SPREAD = 0.004
"""Standard deviation of the Gaussian over which the skin spreads a point contact [m]; about one taxel pitch."""
LONGEST_LAG = 0.15
"""[s]"""


def taxel_forces(layout: TouchLayout, contacts: Array, positions: Array, rotations: Array) -> NDArray[np.float32]:
    """Force that each taxel exerts on what it touches [N], in the taxel's frame (z outward), shape (N, 4, T, 3).

    `contacts` (N, 4, slots, 12) as `Simulation.contacts`; `positions` (N, 4, 3) [m] and `rotations` (N, 4, 3, 3)
    of the fingertip frames. A contact's force is shared among taxels by distance, exp(-d^2 / 2 s^2), so that the
    taxels' forces, turned back into one frame, add up to it.
    """
    num_envs, fingers = contacts.shape[:2]
    shared = np.zeros((num_envs, fingers, layout.num_taxels, 3), np.float32)
    env, finger, slot = contacts[..., 0].nonzero()  # where something presses; friction needs that too
    if len(env) == 0:
        return shared
    found = contacts[env, finger, slot]
    force, point, normal, tangent = found[:, :3], found[:, 3:6], found[:, 6:9], found[:, 9:]
    # A vector in a row times a rotation matrix is turned back by it.
    sideways = force[:, 1:2] * tangent + force[:, 2:] * cross(normal, tangent)
    rotation = rotations[env, finger]
    in_tip = np.vecmat(force[:, :1] * normal + sideways, rotation)
    away = np.vecmat(point - positions[env, finger], rotation)[:, None] - layout.positions
    squared = np.vecdot(away, away)
    squared -= squared.min(axis=-1, keepdims=True)  # keeps a contact far from every taxel from being lost
    weights = np.exp(squared / (-2 * SPREAD**2))
    weights /= weights.sum(axis=-1, keepdims=True)
    in_taxels = np.vecmat(in_tip[:, None], layout.frames) * weights[:, :, None]
    first = np.flatnonzero(slot == 0)  # the other contacts of that tip follow
    shared[env[first], finger[first]] = np.add.reduceat(in_taxels.astype(np.float32), first)
    return shared


class TouchSensor:
    """The skin of the four fingertips of N hands: hysteresis, drift, noise, saturation, quantisation, latency.

    A reading is what an imperfect skin reports, in newtons. Every imperfection is a parameter; with all of them at
    zero the reading is the contact force itself.
    """

    def __init__(self, layout: TouchLayout, values: ParameterValues, num_envs: int, period: float) -> None:
        self.layout = layout
        self._values = values
        self._shape = (num_envs, len(FINGERS), layout.num_taxels, 3)
        self._period = period
        self.size = int(np.prod(self._shape[1:]))
        """Numbers in one reading of one hand: the standard normal numbers that a measurement takes."""
        self._lag = Lag(num_envs, self.size, period, LONGEST_LAG)
        self._gain, self._noise, self._play, self._quantum = np.zeros((4, *self._shape), np.float32)
        self._lowest, self._highest = np.zeros((2, *self._shape), np.float32)
        self._turning, self._drift_step, self._drift = np.zeros((3, *self._shape), np.float32)
        self._drifts = False
        self.mixing: NDArray[np.float32] | None = None
        """Share of each taxel's force that each taxel reports, shape (T, T); None without cross-talk."""
        self.contact = np.zeros(self._shape, np.float32)
        """Contact forces themselves, without the skin's imperfections [N], shape (N, 4, T, 3)."""
        self.forces = np.zeros(self._shape, np.float32)
        """The last reading [N], shape (N, 4, T, 3)."""

    def read_parameters(self, ids: Ids) -> None:
        """Take over the parameters of these environments."""
        self._gain[ids] = self._per_axis(ids, "touch_gain", "touch_gain")
        self._noise[ids] = self._per_axis(ids, "touch_noise_shear", "touch_noise_normal")
        self._highest[ids] = self._per_axis(ids, "touch_range_shear", "touch_range_normal")
        self._lowest[ids] = -self._highest[ids]
        self._play[ids] = self._per_axis(ids, "touch_hysteresis", "touch_hysteresis") * self._highest[ids] / 2
        self._quantum[ids] = np.maximum(self._per_axis(ids, "touch_quantum", "touch_quantum"), 1e-7)
        self._lag.set_delay(ids, self._values["touch_lag"][ids])

    def reset(self, ids: Ids, sim: Simulation, noise: NDArray[np.floating]) -> None:
        """Begin an episode with a skin just zeroed; `noise` standard normal, shape (k, size), makes it drift."""
        self.read_parameters(ids)
        positions, rotations = sim.tip_positions[ids], sim.tip_rotations[ids]
        self.contact[ids] = taxel_forces(self.layout, sim.contacts[ids], positions, rotations)
        self._turning[ids] = self.contact[ids]
        drift = self._values["touch_drift"][ids, None] * noise * self._period
        self._drift_step[ids] = drift.reshape(-1, *self._shape[1:])
        self._drift[ids] = 0.0
        self._drifts = bool(self._drift_step.any())
        self._lag.reset(ids, self.contact[ids].reshape(len(ids), -1))
        self.forces[ids] = self.contact[ids]

    def measure(self, sim: Simulation, noise: NDArray[np.float32]) -> None:
        """Read all taxels; `noise` standard normal, shape (N, size)."""
        self.contact = taxel_forces(self.layout, sim.contacts, sim.tip_positions, sim.tip_rotations)
        edge = self.contact - self._play
        np.maximum(self._turning, edge, out=self._turning)
        np.add(self.contact, self._play, out=edge)
        np.minimum(self._turning, edge, out=self._turning)
        skin = self._turning if self.mixing is None else self.mixing @ self._turning
        reading = self._lag.push(skin.reshape(len(noise), -1)).reshape(self._shape)
        reading *= self._gain
        if self._drifts:
            self._drift += self._drift_step
            reading += self._drift
        reading += np.multiply(self._noise, noise.reshape(self._shape), out=edge)
        np.minimum(reading, self._highest, out=reading)
        np.maximum(reading, self._lowest, out=reading)
        reading /= self._quantum
        np.rint(reading, out=reading)
        reading *= self._quantum
        self.forces = reading

    def _per_axis(self, ids: Ids, shear: str, normal: str) -> NDArray[np.float64]:
        """Values of two parameters as x, y, z of a taxel, ready to broadcast, shape (k, 1, 1, 3)."""
        axes = np.stack([self._values[name][ids] for name in (shear, shear, normal)], axis=-1)
        return axes[:, None, None, :]
