"""What the robot's sensors say: joint readings and touch, late and noisy as the parameters have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, JOINTS, Cell
from dexsim2real_description.observation import SensorValues
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.lag import Lag
from dexsim2real_sim.plant import Plant
from dexsim2real_sim.randomness import NoiseStreams
from dexsim2real_sim.touch import TouchSensor
from dexsim2real_sim.twin import Twin
from dexsim2real_sim.unmodelled import crosstalk

Array = NDArray[np.float64]
Ids = NDArray[np.intp]

_LONGEST_LAG = 0.2
"""[s]"""
_JOINT_NOISE = ("position_noise", "velocity_noise", "torque_noise")
"""Parameters with the standard deviations of the three joint readings."""
_ARM_NOISE = 0.05
"""Noise of the arm's joint positions and velocities over the hand's: its encoders are finer (our estimate)."""
_NOISE_SHARES = np.ones((3, len(JOINTS)), np.float32)
_NOISE_SHARES[:2, : len(ARM_JOINTS)] = _ARM_NOISE
_PUSH = 4
"""Standard normal numbers that a step of pushes takes."""


class Sensors:
    """Measures once per policy step; also draws what disturbs actions and objects, from the same streams."""

    def __init__(self, cell: Cell, plant: Plant, config: EnvConfig, twin: Twin | None = None) -> None:
        self._plant = plant
        self._joints = len(JOINTS)
        n, period = config.num_envs, 1 / config.policy_rate
        self._lag = Lag(n, 3 * self._joints, period, _LONGEST_LAG)
        self._action_noise = plant.values["action_noise"][:, None]
        self._acts_noisily = False
        self.touch = None if cell.touch is None else TouchSensor(cell.touch, plant.values, n, period)
        if twin is not None and self.touch is not None:
            mixing = crosstalk(self.touch.layout, twin.unmodelled.touch_crosstalk)
            self.touch.mixing = mixing.astype(np.float32)
        self._channels = _PUSH + 4 * self._joints + (self.touch.size if self.touch else 0)
        self._size = n
        self._joint_noise = np.zeros((n, 3 * self._joints), np.float32)
        self._read = np.zeros((n, 3 * self._joints), np.float32)
        self.push_noise = np.zeros((n, _PUSH), np.float32)
        """What decides this step's push, shape (N, 4)."""
        self.reseed(config.seed)

    def reseed(self, seed: int, first: int = 0) -> None:
        """Restart the random streams, as if the first environment were number `first`."""
        self._noise = NoiseStreams(seed, self._size, self._channels, first)
        self._episodes = [np.random.default_rng([seed, first + env, 2]) for env in range(self._size)]

    def reset(self, ids: Ids) -> None:
        """Begin an episode: no memory of the one before."""
        self.read_parameters(ids)
        clean = self._clean()
        self._lag.reset(ids, clean[ids])
        self._read[ids] = clean[ids]
        if self.touch is not None:
            size = self.touch.size
            drift = np.stack([self._episodes[env].standard_normal(size, np.float32) for env in ids])
            self.touch.reset(ids, self._plant.sim, drift)

    def read_parameters(self, ids: Ids) -> None:
        """Take over the parameters of these environments."""
        values = self._plant.values
        deviations = np.stack([values[name][ids] for name in _JOINT_NOISE], axis=1)
        self._joint_noise[ids] = np.repeat(deviations, self._joints, axis=1) * _NOISE_SHARES.ravel()
        self._acts_noisily = bool(self._action_noise.any())
        self._lag.set_delay(ids, values["joint_lag"][ids])
        if self.touch is not None:
            self.touch.read_parameters(ids)

    def disturb(self, actions: NDArray[np.floating]) -> NDArray[np.floating]:
        """Actions as they arrive: with this step's action noise, shape (N, 23). Draws the step's noise."""
        row = self._noise.draw()
        self.push_noise, self._row = row[:, :_PUSH], row[:, _PUSH:]
        if not self._acts_noisily:
            return actions
        disturbed: Array = actions + self._action_noise * self._row[:, : self._joints]
        return disturbed

    def measure(self) -> None:
        """Read everything once; after `disturb`, whose draw of noise it shares."""
        joints = self._joints
        self._read = self._lag.push(self._clean())
        self._read += self._row[:, joints : 4 * joints] * self._joint_noise
        if self.touch is not None:
            self.touch.measure(self._plant.sim, self._row[:, 4 * joints :])

    def readings(self, target: Array) -> SensorValues:
        """The last readings, with the joint targets in force (N, 23)."""
        n = self._joints
        position, velocity, effort = self._read[:, :n], self._read[:, n : 2 * n], self._read[:, 2 * n :]
        return SensorValues(position, velocity, effort, target, self.touch.forces if self.touch else None)

    def _clean(self) -> NDArray[np.float32]:
        """Joint positions, velocities and torques as they are, shape (N, 69)."""
        sim = self._plant.sim
        parts = (sim.joint_position, sim.joint_velocity, self._plant.servos.torque())
        return np.concatenate(parts, axis=1, dtype=np.float32)
