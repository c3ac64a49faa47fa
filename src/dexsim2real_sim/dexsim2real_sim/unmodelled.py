"""How a twin's unmodelled effects act on physics, touch and images."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dexsim2real_description import JOINTS, TouchLayout
from dexsim2real_sim.delay import ServoDelay
from dexsim2real_sim.parameters.actuation import ARM, HAND
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.randomness import NoiseStreams
from dexsim2real_sim.render_response import exposed
from dexsim2real_sim.simulation import Array, Simulation
from dexsim2real_sim.twin import Twin

NEIGHBOUR = 0.008
"""Taxels closer than this share force by cross-talk [m]."""


class TwinPhysics:
    """Stribeck friction, jitter of commands and a payload, on every environment of a simulation."""

    def __init__(self, twin: Twin, sim: Simulation, model_fields: ModelFields, delay: ServoDelay) -> None:
        self._effects, self._seed = twin.unmodelled, twin.seed
        self._sim, self._fields, self._servo_delay = sim, model_fields, delay
        self._ids = np.arange(sim.num_envs)
        self._forces: Array = sim.batch.bind("qfrc_applied")
        self._static = np.zeros(len(JOINTS))
        self._static[ARM], self._static[HAND] = twin.unmodelled.stribeck_arm, twin.unmodelled.stribeck_hand
        self._inertia = sim.model.dof_M0[: len(JOINTS)].copy()
        self._delay: Array = np.zeros((sim.num_envs, len(JOINTS)))
        self.rewind()

    def rewind(self, first: int = 0) -> None:
        """Restart the jitter of commands, as if the first environment were number `first`."""
        self._noise = NoiseStreams(self._seed, self._sim.num_envs, 1, first)

    def write(self, ids: Ids, delay: Array) -> None:
        """Add the payload to the palm; the robot's gravity compensation does not know of it.

        `delay` is what the joints of these environments have without jitter [s], shape (k, 23).
        """
        fields, effects = self._fields, self._effects
        palm = fields.index("body", "palm")
        mass = fields.array("body_mass")
        known = mass[ids, palm].copy()
        mass[ids, palm] += effects.payload
        share = effects.payload / mass[ids, palm]
        centre = fields.array("body_ipos")
        centre[ids, palm, 0] += share * (effects.payload_offset - centre[ids, palm, 0])
        fields.array("body_gravcomp")[ids, palm] *= known / mass[ids, palm]
        self._delay[ids] = delay

    def begin_step(self) -> None:
        """Draw how late this policy step's commands are."""
        lateness = ndtr(self._noise.draw()) * self._effects.timing_jitter  # uniform, from a normal number
        self._servo_delay.set(self._ids, self._delay + lateness)

    def begin_tick(self, period: float) -> None:
        """Set the friction torques for the next control tick of `period` [s].

        Stribeck: static friction beyond sliding friction, F exp(-(v/v_s)^2), against the motion; never so large
        that it would reverse it within the tick.
        """
        velocity = self._sim.joint_velocity
        torque = self._static * np.exp(-np.square(velocity / self._effects.stribeck_velocity))
        stopping = 0.5 * self._inertia * np.abs(velocity) / period
        self._forces[:, : len(JOINTS)] = -np.sign(velocity) * np.minimum(torque, stopping)


def crosstalk(layout: TouchLayout, share: float) -> NDArray[np.float64]:
    """What taxels report of each other's force, shape (T, T): each gives `share` to its neighbours in all."""
    distance = np.linalg.norm(layout.positions[:, None] - layout.positions[None], axis=-1)
    near = (distance < NEIGHBOUR) & (distance > 0)
    neighbours = np.maximum(near.sum(axis=1, keepdims=True), 1)
    mixing: NDArray[np.float64] = (near / neighbours * share).T
    np.fill_diagonal(mixing, 1.0 - share * near.any(axis=1))
    return mixing


def develop(images: NDArray[np.uint8], twin: Twin) -> NDArray[np.uint8]:
    """Images as the twin's cameras deliver them: vignetted and tinted, uint8, shape (..., H, W, 3)."""
    height, width = images.shape[-3:-1]
    gain = _lens(height, width, twin.unmodelled.vignetting, tuple(twin.unmodelled.color_cast))
    developed = [exposed(image, gain) for image in images.reshape(-1, height, width, 3)]
    return np.array(developed, np.uint8).reshape(images.shape)


@lru_cache(maxsize=8)
def _lens(height: int, width: int, vignetting: float, color_cast: tuple[float, ...]) -> NDArray[np.float32]:
    """What the lens leaves of each channel of each pixel, shape (H, W * 3)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    falloff = 1.0 - vignetting * (x * x + y * y) / 2
    gain: NDArray[np.float32] = (falloff[..., None] * np.array(color_cast)).astype(np.float32)
    return gain.reshape(height, width * 3)
