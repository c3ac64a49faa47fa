"""One simulated cell that runs by itself: joint targets go in whenever they come, readings come out every tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import JOINTS, UnknownNameError, make_cell
from dexsim2real_description.area import Size
from dexsim2real_description.camera import CameraMount
from dexsim2real_description.observation import SensorValues
from dexsim2real_sim.cameras import Cameras
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.episode import EpisodeStarter
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.objects import choose_objects
from dexsim2real_sim.parameters import NAMES, check_values
from dexsim2real_sim.plant import CONTROL_RATE, Plant
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.sensing import Sensors
from dexsim2real_sim.simulation import Array
from dexsim2real_sim.tasks import make_task
from dexsim2real_sim.tasks.base import feature_columns, flat_features
from dexsim2real_sim.twin import Twin

_COLUMN = {name: column for column, name in enumerate(JOINTS)}
_ONE = np.array([0])
_STILL = np.zeros((1, len(JOINTS)))
Verdict = Literal["open", "success", "lost"]
"""On a task: it goes on, its goal is reached, or it cannot be reached any more."""
MAX_AHEAD = 0.02
"""How far a command is followed beyond its time, and back [s]."""


class LiveCell:
    """The robot side of the live graph in simulation: no episodes, no rewards, one tick per control period."""

    def __init__(self, config: EnvConfig, twin: Twin | None = None, sampler: ParameterSampler | None = None) -> None:
        """`sampler` draws the parameters of each start; without one they are nominal, or what was set."""
        config = replace(config, num_envs=1, policy_rate=CONTROL_RATE, threads=1)
        self.task = make_task(config.task)
        self.cell = make_cell(config.arm, config.hand, config.touch)
        self.plant = Plant(self.cell, self.task, config, twin)
        self.plant.world.difficulty[:] = config.difficulty
        self._set = _Values()
        self._starter = EpisodeStarter(self.plant, config, choose_objects(config.objects), twin or sampler or self._set)
        self._sensors = Sensors(self.cell, self.plant, config, twin)
        self._twin, self._sampler, self.seed = twin, sampler, config.seed
        self.starts = 0
        """How often the task was started; the cell is made started."""
        self.ticks = 0
        """Control periods since the cell was made; never goes back."""
        self.reset()

    @property
    def is_twin(self) -> bool:
        """Whether its parameters are hidden."""
        return self._twin is not None

    @property
    def time(self) -> float:
        """Simulated time since the cell was made [s]."""
        return self.ticks / CONTROL_RATE

    def reset(self) -> None:
        """Start the task anew: objects and robot back in place, a new draw of both. Parameters stay as set."""
        self.target: Array = self._starter.start(_ONE).copy()
        """Joint targets in force [rad], shape (1, 23)."""
        self._next, self._velocity = self.target, np.zeros_like(self.target)
        self._reached, self._judged = 0.0, self.ticks
        self._sensors.reset(_ONE)
        self.starts += 1

    def rewind(self, seed: int | None = None, number: int = 0) -> None:
        """As if the cell had just been made, of this seed if one is given, but for its time and its parameters.

        It starts as environment `number` of a batch with this seed does.
        """
        self.seed = self.seed if seed is None else seed
        self._starter.reseed(self.seed, number)
        self._sensors.reseed(self.seed, number)
        if self.plant.twin is not None:
            self.plant.twin.rewind(number)
        self.starts = 0
        self.reset()

    def make_cameras(self, mounts: Sequence[CameraMount], size: Size) -> Cameras:
        """Cameras that see this cell, images of `size` (height, width) [px].

        Raises SimError without a working OpenGL library.
        """
        return Cameras(self.plant, mounts, size, self.seed, self._twin or self._sampler, self._twin)

    def command(self, positions: Mapping[str, float], velocities: Mapping[str, float] | None = None) -> None:
        """Joint targets [rad] by name, and how fast they move [rad/s]; joints that are not named keep theirs.

        Raises UnknownNameError for a joint that does not exist, SimError for a number that is not finite, and then
        keeps all targets.
        """
        self._next, self._velocity = _merged(self._next, positions), _merged(np.zeros_like(_STILL), velocities or {})

    def tick(self, ahead: float = 0.0) -> bool:
        """Advance one control period. False if physics broke down, and the cell was put back at its start.

        `ahead` is the time from the commanded point to the end of this tick [s]: commands and ticks come at rates of
        their own, and a target that stood still for one tick and jumped in the next would hammer on the servos.
        """
        self._sensors.disturb(_STILL)
        self.plant.push(self._sensors.push_noise)
        target = self._next + self._velocity * np.clip(ahead, -MAX_AHEAD, MAX_AHEAD)
        self.plant.advance(self.target, target)
        self.target = target
        self.ticks += 1
        unstable, _ = self.plant.sim.unstable()
        if unstable.any():
            self.target = self._next = self._starter.restore(_ONE).copy()
            self._velocity = np.zeros_like(self.target)
        self._sensors.measure()
        return not unstable.any()

    def readings(self) -> SensorValues:
        """What the sensors say now, every array with a leading 1."""
        return self._sensors.readings(self.target)

    def judge(self) -> Verdict:
        """What has come of the task by now; the goal must stay reached from look to look for as long as it asks."""
        features = self.task.features(self.plant.world)
        elapsed, self._judged = (self.ticks - self._judged) / CONTROL_RATE, self.ticks
        if not self.task.achieved(features, self.plant.world.difficulty)[0]:
            self._reached = 0.0
            return "lost" if self.task.lost(features)[0] else "open"
        self._reached += elapsed
        return "success" if self._reached >= self.task.hold - 1e-9 else "open"

    @property
    def objects(self) -> dict[str, str]:
        """What each slot of the task holds, by names of the catalogue."""
        return dict(self._starter.object_names[0])

    def features(self) -> Array:
        """What only a simulator knows, in the order of `feature_names`, shape (1, F)."""
        return flat_features(self.task.features(self.plant.world))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One for each number of `features`."""
        return feature_columns(self.task.features(self.plant.world))

    def failure(self) -> str:
        """Why the goal is not reached now, in words and numbers."""
        world = self.plant.world
        return self.task.failure(self.task.features(world), world.difficulty, 0)

    def object_poses(self) -> dict[str, NDArray[np.float64]]:
        """Position [m] and quaternion w, x, y, z of every free body, shape (7,)."""
        return {name: self.plant.sim.pose(name)[0].copy() for name in self.plant.world.start}

    def parameters(self) -> dict[str, float]:
        """Every parameter's present value."""
        return dict(zip(NAMES, self.plant.values.table[0].tolist(), strict=True))

    def set_parameters(self, values: Mapping[str, float]) -> None:
        """Change parameters at once. Raises UnknownNameError or DexSim2RealError, and then changes nothing."""
        check_values(values)
        self._set.values.update(values)
        self.plant.values.assign(0, {**self.parameters(), **values})
        self._starter.write_models(_ONE)
        self._sensors.read_parameters(_ONE)


def _merged(row: Array, named: Mapping[str, float]) -> Array:
    """A copy of `row`, shape (1, 23), with the named values in it. Raises UnknownNameError or SimError."""
    merged = row.copy()
    for name, value in named.items():
        if name not in _COLUMN:
            raise UnknownNameError("joint", name, JOINTS)
        if not isfinite(value):
            raise SimError(f"command of joint {name} is {value}, expected a finite number")
        merged[0, _COLUMN[name]] = value
    return merged


class _Values:
    """A sampler of one point: the parameters that were set."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        return np.tile(list(self.values.values()), (count, 1))
