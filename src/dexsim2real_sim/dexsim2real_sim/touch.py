"""Fingertip touch: contact forces of the engine spread over the taxels of a layout, then read as the skin reads."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, TouchLayout
from dexsim2real_sim.compiled import of_numbers, of_vectors
from dexsim2real_sim.lag import Lag
from dexsim2real_sim.parameters.registry import ParameterValues
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
    forces: NDArray[np.float32] = _spread(contacts, positions, rotations, layout.positions, layout.frames)
    return forces


@of_vectors("f8[:, :], f8[:], f8[:, :], f8[:, :], f8[:, :, :], f4[:, :]", "(s,v),(k),(k,k),(t,k),(t,k,k)->(t,k)")
def _spread(contacts: Array, position: Array, rotation: Array, taxels: Array, frames: Array, forces: Array) -> None:
    """For the contacts of one fingertip."""
    forces[:] = 0.0
    force, point, weights = np.empty(3), np.empty(3), np.empty(len(taxels))
    for contact in contacts:
        if contact[0] == 0.0:  # nothing presses, and no weaker contact follows; friction needs that too
            break
        (nx, ny, nz), (tx, ty, tz) = contact[6:9], contact[9:12]
        across = (ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx)
        for axis in range(3):  # a vector times a column of a rotation matrix is turned back by it
            force[axis] = point[axis] = 0.0
            for i in range(3):
                in_world = contact[0] * contact[6 + i] + contact[1] * contact[9 + i] + contact[2] * across[i]
                force[axis] += in_world * rotation[i, axis]
                point[axis] += (contact[3 + i] - position[i]) * rotation[i, axis]
        nearest, total = np.inf, 0.0
        for taxel in range(len(taxels)):
            x, y, z = point[0] - taxels[taxel, 0], point[1] - taxels[taxel, 1], point[2] - taxels[taxel, 2]
            weights[taxel] = x * x + y * y + z * z
            nearest = min(nearest, weights[taxel])
        for taxel in range(len(taxels)):  # the nearest has weight 1: a contact far from every taxel is not lost
            weights[taxel] = math.exp((weights[taxel] - nearest) / (-2 * SPREAD**2))
            total += weights[taxel]
        for taxel in range(len(taxels)):
            for axis in range(3):
                in_taxel = 0.0
                for i in range(3):
                    in_taxel += force[i] * frames[taxel, i, axis]
                forces[taxel, axis] += np.float32(in_taxel * (weights[taxel] / total))


@of_numbers("f4(f4, f4, f4)")
def _play(turning: float, force: float, width: float) -> float:
    """Hysteresis: what is felt follows the force only once the play is taken up."""
    return min(max(turning, force - width), force + width)


@of_numbers("f4(f4, f4, f4, f4, f4, f4, f4)")
def _read(force: float, gain: float, drift: float, noise: float, normal: float, full: float, quantum: float) -> float:
    """What the converter reports: a whole number of quanta, no more than full scale."""
    felt = force * gain + drift + noise * normal
    reported: float = np.rint(min(max(felt, -full), full) / quantum) * quantum
    return reported


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
        self._gain, self._noise, self._play, self._full, self._quantum = np.zeros((5, *self._shape), np.float32)
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
        self._full[ids] = self._per_axis(ids, "touch_range_shear", "touch_range_normal")
        self._play[ids] = self._per_axis(ids, "touch_hysteresis", "touch_hysteresis") * self._full[ids] / 2
        self._quantum[ids] = np.maximum(self._per_axis(ids, "touch_quantum", "touch_quantum"), 1e-7)
        self._lag.set_delay(ids, self._values["touch_lag"][ids])

    def reset(self, ids: Ids, sim: Simulation, noise: NDArray[np.floating]) -> None:
        """Begin an episode with a skin just zeroed; `noise` standard normal, shape (k, size), makes it drift.

        The parameters have been read.
        """
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
        _play(self._turning, self.contact, self._play, out=self._turning)
        skin = self._turning if self.mixing is None else self.mixing @ self._turning
        felt = self._lag.push(skin.reshape(len(noise), -1)).reshape(self._shape)
        if self._drifts:
            self._drift += self._drift_step
        scatter = noise.reshape(self._shape)
        self.forces = _read(felt, self._gain, self._drift, self._noise, scatter, self._full, self._quantum)

    def _per_axis(self, ids: Ids, shear: str, normal: str) -> NDArray[np.float64]:
        """Values of two parameters as x, y, z of a taxel, ready to broadcast, shape (k, 1, 1, 3)."""
        axes = np.stack([self._values[name][ids] for name in (shear, shear, normal)], axis=-1)
        return axes[:, None, None, :]
