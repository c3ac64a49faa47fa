"""The simulated counterpart of a recording: N cells, one start, the same commands, parameters of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell, UnknownNameError, make_cell
from dexsim2real_description.observation import SensorValues
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.episode import EpisodeStarter
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.objects import OBJECTS, choose_objects
from dexsim2real_sim.parameters import check_values
from dexsim2real_sim.plant import CONTROL_RATE, Plant
from dexsim2real_sim.quaternions import rotate
from dexsim2real_sim.sensing import Sensors
from dexsim2real_sim.tasks import make_task
from dexsim2real_sim.twin import Twin

Array = NDArray[np.float64]

STANDING = 0.03
"""A body whose underside was recorded closer than this to the table stands on it, wherever the table is [m]."""


@dataclass(frozen=True)
class Start:
    """How a recorded motion began; what is not said is drawn as the task draws it."""

    joints: Array
    """[rad], shape (23,)."""
    targets: Array
    """Where the servos were told to be [rad], shape (23,)."""
    poses: Mapping[str, Array] = field(default_factory=dict)
    """Free bodies: position [m] and quaternion w, x, y, z, shape (7,)."""
    objects: Mapping[str, str] = field(default_factory=dict)
    """What the task's slots held, by names of the catalogue."""


class Counterpart:
    """N cells that run at the control rate without episodes: `begin`, then one `tick` per command."""

    def __init__(self, config: EnvConfig, twin: Twin | None = None) -> None:
        """`config` as for an environment; its policy rate has no meaning here.

        A twin has its own parameters, if it has any, and its unmodelled effects.
        """
        config = replace(config, policy_rate=CONTROL_RATE)
        self.config = config
        self.num_envs = config.num_envs
        self.task = make_task(config.task)
        self.cell: Cell = make_cell(config.arm, config.hand, config.touch)
        self.plant = Plant(self.cell, self.task, config, twin)
        self.plant.world.difficulty[:] = config.difficulty
        self._rows = _Rows()
        own = twin if twin is not None and twin.values else None
        self.starter = EpisodeStarter(self.plant, config, choose_objects(config.objects), own or self._rows)
        self._sensors = Sensors(self.cell, self.plant, config, twin)
        self._ids = np.arange(self.num_envs)
        self.broken = np.zeros(self.num_envs, dtype=bool)
        """Cells whose physics broke down since `begin`, shape (N,); what they say means nothing."""

    def in_slots(self, objects: Sequence[str]) -> dict[str, str]:
        """The named objects by slot; none if none is named. Raises UnknownNameError, or SimError for a wrong number."""
        slots = [slot.name for slot in self.task.slots]
        if objects and len(objects) != len(slots):
            raise SimError(
                f"task {self.task.name} has {len(slots)} objects of the catalogue, {len(objects)} are named; "
                "name one for each, or none"
            )
        return dict(zip(slots, choose_objects(tuple(objects)), strict=True)) if objects else {}

    def begin(
        self, names: Sequence[str] = (), values: Array | None = None, start: Start | None = None, seed: int = 0
    ) -> None:
        """Put all cells at the start, with `values`, shape (N, len(names)), for these parameters.

        All others are nominal. `seed` restarts noise and what the task draws. Raises DexSim2RealError for values
        outside their bounds, UnknownNameError for a parameter, body or object that does not exist.
        """
        table = np.zeros((self.num_envs, 0)) if values is None else np.asarray(values, float)
        if table.shape != (self.num_envs, len(names)):
            raise SimError(f"values have shape {table.shape}, expected {(self.num_envs, len(names))}")
        self._rows.use(names, table)
        self.starter.reseed(seed)
        self._sensors.reseed(seed)
        self.target = self.starter.start(self._ids).copy()
        """Joint targets in force [rad], shape (N, 23)."""
        if start is not None:
            self._place(start)
        self._sensors.reset(self._ids)
        self.broken[:] = False

    def tick(self, target: Array) -> SensorValues:
        """One control period towards joint targets [rad], shape (23,) or (N, 23); returns what the sensors say."""
        goal = np.broadcast_to(target, self.target.shape)
        self._sensors.disturb(np.zeros_like(self.target))
        self.plant.push(self._sensors.push_noise)
        self.plant.advance(self.target, goal)
        self.target = goal.copy()
        unstable, _ = self.plant.sim.unstable()
        if unstable.any():
            self.broken |= unstable
            self.starter.restore(np.flatnonzero(unstable))
        self._sensors.measure()
        return self._sensors.readings(self.target)

    @property
    def bodies(self) -> tuple[str, ...]:
        """Free bodies, in the order of `object_poses` and of the topic with the objects' poses."""
        return tuple(self.plant.world.start)

    def object_poses(self) -> Array:
        """Position [m] and quaternion w, x, y, z of the free bodies, shape (N, K, 7)."""
        return np.stack([self.plant.sim.pose(name) for name in self.bodies], axis=1)

    def set_parameters(self, values: Mapping[str, float], ids: NDArray[np.intp] | None = None) -> None:
        """Change parameters of all cells, or of some, at once and leave all else. Raises as `begin` does."""
        check_values(values)
        cells = self._ids if ids is None else ids
        for name, value in values.items():
            self.plant.values[name][cells] = value
        self._rewrite(cells)

    def swap(self, slot: str, name: str, ids: NDArray[np.intp] | None = None) -> None:
        """Put another object of the catalogue where the slot's object is. Raises UnknownNameError."""
        cells = self._ids if ids is None else ids
        for env in cells:
            self._hold(int(env), slot, name)
        self._rewrite(cells)

    def _rewrite(self, ids: NDArray[np.intp]) -> None:
        self.starter.write_models(ids)
        self._sensors.read_parameters(ids)

    def _hold(self, env: int, slot: str, name: str) -> None:
        for kind, known, wanted in (("slot", self.starter.objects[env], slot), ("object", OBJECTS, name)):
            if wanted not in known:
                raise UnknownNameError(kind, wanted, known)
        scale = float(self.plant.values["object_scale"][env])
        self.starter.objects[env][slot] = OBJECTS[name].scaled(scale)
        self.starter.object_names[env][slot] = name

    def _place(self, start: Start) -> None:
        """Put everything where the recording has it."""
        for slot, name in start.objects.items():
            for env in self._ids:
                self._hold(int(env), slot, name)
        self.starter.write_models(self._ids)
        rows = self.plant.world.start
        for body, pose in start.poses.items():
            if body not in rows:
                raise UnknownNameError("body", body, rows)
            rows[body][:] = self._stood(body, pose)[:, : rows[body].shape[1]]
        joints = np.tile(start.joints, (self.num_envs, 1))
        self.target = np.tile(start.targets, (self.num_envs, 1))
        self.plant.sim.place(self._ids, joints, self.target, rows)
        self.plant.shaper.reset(self._ids, self.target)
        self.plant.sim.forward(self._ids)

    def _stood(self, body: str, pose: Array) -> Array:
        """Where each cell has a body that was recorded at `pose` (7,): on its own table if it stood, shape (N, 7)."""
        world, poses = self.plant.world, np.tile(pose, (self.num_envs, 1))
        if body in world.half:
            up = np.abs(rotate(pose[None, 3:] * [1, -1, -1, -1], np.array([[0.0, 0.0, 1.0]]))[0])
            height = world.table_height + world.half[body] @ up
        else:
            height = world.start[body][:, 2].copy()
        if abs(pose[2] - np.median(height)) < STANDING:
            poses[:, 2] = height
        return poses


class _Rows:
    """A sampler that hands out given rows, one after the other."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self._left: list[Array] = []

    def use(self, names: Sequence[str], table: Array) -> None:
        self.names, self._left = tuple(names), list(table)

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        return np.stack([self._left.pop(0) for _ in range(count)])
