"""The physics of N cells: compiled scene, parameters, and what turns joint targets into motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dexsim2real_description import JOINTS, Cell
from dexsim2real_description.meshes import required_meshes
from dexsim2real_sim.actuation import CommandShaper
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.delay import ServoDelay
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters.actuation import ARM, HAND
from dexsim2real_sim.parameters.fields import ModelFields
from dexsim2real_sim.parameters.registry import ParameterValues
from dexsim2real_sim.scene import base_scene
from dexsim2real_sim.servos import Servos
from dexsim2real_sim.simulation import Simulation
from dexsim2real_sim.tasks.base import Task, World, add_slot
from dexsim2real_sim.twin import Twin
from dexsim2real_sim.unmodelled import TwinPhysics

Array = NDArray[np.float64]
Ids = NDArray[np.intp]

CONTROL_RATE = 120.0
"""Servo targets per second, in simulation and on the robot [Hz]."""


class Plant:
    """Owns the simulation of one task; knows nothing of observations, rewards or episodes."""

    def __init__(self, cell: Cell, task: Task, config: EnvConfig, twin: Twin | None = None) -> None:
        ticks = _whole(CONTROL_RATE / config.policy_rate, "policy rate", config.policy_rate)
        steps = _whole(1 / CONTROL_RATE / config.physics.timestep, "physics time step", config.physics.timestep)
        meshes = required_meshes(cell) if config.meshes else None
        spec = base_scene(cell, config.physics, config.textures, meshes)
        for slot in task.slots:
            add_slot(spec, slot)
        task.add_objects(spec)
        self.task = task
        self.period = 1 / config.policy_rate
        """Of a policy step [s]."""
        self.sim = Simulation(spec.compile(), config.num_envs, config.threads)
        self.fields = ModelFields(self.sim.batch)
        self._mass = self.fields.array("body_mass")
        self.values = ParameterValues(self.fields, config.num_envs)
        self.shaper = CommandShaper(config.num_envs, len(JOINTS), ticks, steps)
        self.servos = Servos(self.sim)
        self.ticks = ticks
        """Control periods in a policy step."""
        n = config.num_envs
        self._delay = ServoDelay(self.fields, n)
        self.twin = None if twin is None else TwinPhysics(twin, self.sim, self.fields, self._delay)
        half = {slot.name: np.zeros((n, 3)) for slot in task.slots}
        no_edges = {slot.name: np.zeros(n, dtype=bool) for slot in task.slots}
        self.world = World(self.sim, np.zeros(n), {}, half, np.zeros(n), no_edges)
        self._backlash = np.zeros((n, len(JOINTS)))
        self._gap: Array | None = None
        """Width of the play of each joint [rad], shape (N, 23); None if no joint has any."""
        self._pushed = False

    def write_parameters(self, ids: Ids) -> None:
        """Make the parameter values of these environments felt; their model fields hold the defaults."""
        self.values.write(ids)
        self.servos.read_parameters(ids, self.values)
        delay = self._of_joints("delay", ids)
        self._delay.set(ids, delay)
        if self.twin is not None:
            self.twin.write(ids, delay)
        self._backlash[ids] = self._of_joints("backlash", ids)
        self._gap = self._backlash if self._backlash.any() else None
        self._pushed = bool(self.values["push_rate"].any())
        self.sim.batch.set_const(ids)  # without it, gravity on a body of another mass is silently wrong

    def show(self) -> None:
        """From now on there are cameras: what only they see is written too."""
        if self.values.show():
            self.sim.batch.set_const()

    def _of_joints(self, name: str, ids: Ids) -> Array:
        """A parameter that arm and hand have each, for every joint, shape (k, 23)."""
        out = np.empty((len(ids), len(JOINTS)))
        out[:, ARM], out[:, HAND] = (self.values[f"{part}_{name}"][ids, None] for part in ("arm", "hand"))
        return out

    def push(self, noise: NDArray[np.float32]) -> None:
        """Push the objects now and then, for one policy step; `noise` standard normal, shape (N, 4)."""
        if not self._pushed:
            return
        struck = ndtr(noise[:, 0]) < self.values["push_rate"] * self.period
        acceleration = np.where(struck[:, None], self.values["push_acceleration"][:, None] * noise[:, 1:], 0.0)
        free = self.fields.free_bodies
        self.sim.pushes[:, free, :3] = self._mass[:, free, None] * acceleration[:, None]

    def advance(self, last: Array, target: Array) -> None:
        """One policy step from joint targets `last` to `target` [rad], shape (N, 23)."""
        if self.twin is not None:
            self.twin.begin_step()
        commands = self.shaper.commands(last, target, self._gap, self._delay.short)
        if self.twin is None:
            self.sim.advance(commands)
            return
        for tick in np.split(commands, self.ticks, axis=1):
            self.twin.begin_tick(1 / CONTROL_RATE)
            self.sim.advance(tick)


def _whole(ratio: float, name: str, value: float) -> int:
    """`ratio` as an integer. Raises SimError if it is none."""
    if ratio < 0.999 or abs(ratio - round(ratio)) > 1e-6:
        raise SimError(f"{name} {value:g} does not divide the control rate of {CONTROL_RATE:g} Hz into whole steps")
    return round(ratio)
