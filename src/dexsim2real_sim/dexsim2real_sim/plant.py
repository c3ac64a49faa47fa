"""The physics of N cells: compiled scene, parameters, and what turns joint targets into motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS, Cell
from dexsim2real_sim.actuation import CommandShaper
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters.fields import ModelFields
from dexsim2real_sim.parameters.registry import ParameterValues
from dexsim2real_sim.scene import base_scene
from dexsim2real_sim.simulation import Simulation
from dexsim2real_sim.tasks.base import Task, World, add_slot

if TYPE_CHECKING:
    from dexsim2real_sim.env import EnvConfig

Array = NDArray[np.float64]
Ids = NDArray[np.intp]

CONTROL_RATE = 120.0
"""Servo targets per second, in simulation and on the robot [Hz]."""


class Plant:
    """Owns the simulation of one task; knows nothing of observations, rewards or episodes."""

    def __init__(self, cell: Cell, task: Task, config: EnvConfig) -> None:
        ticks = _whole(CONTROL_RATE / config.policy_rate, "policy rate", config.policy_rate)
        steps = _whole(1 / CONTROL_RATE / config.physics.timestep, "physics time step", config.physics.timestep)
        spec = base_scene(cell, config.physics)
        for slot in task.slots:
            add_slot(spec, slot)
        task.add_objects(spec)
        self.task = task
        self.sim = Simulation(spec.compile(), config.num_envs, config.threads)
        self.fields = ModelFields(self.sim.batch)
        self.values = ParameterValues(self.fields, config.num_envs)
        self.shaper = CommandShaper(config.num_envs, len(JOINTS), ticks, steps)
        n = config.num_envs
        self.world = World(self.sim, np.zeros(n), {}, {s.name: np.zeros((n, 3)) for s in task.slots}, np.zeros(n))
        self.backlash = np.zeros((n, len(JOINTS)))
        """Width of the play of each joint [rad], shape (N, 23)."""

    def write_parameters(self, ids: Ids) -> None:
        """Make the parameter values of these environments felt; their model fields hold the defaults."""
        self.values.write(ids)
        self.sim.batch.set_const(ids)  # without it, gravity on a body of another mass is silently wrong

    def advance(self, last: Array, target: Array) -> None:
        """One policy step from joint targets `last` to `target` [rad], shape (N, 23)."""
        self.sim.advance(self.shaper.commands(last, target, self.backlash))


def _whole(ratio: float, name: str, value: float) -> int:
    """`ratio` as an integer. Raises SimError if it is none."""
    if ratio < 0.999 or abs(ratio - round(ratio)) > 1e-6:
        raise SimError(f"{name} {value:g} does not divide the control rate of {CONTROL_RATE:g} Hz into whole steps")
    return round(ratio)
