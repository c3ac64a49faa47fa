"""What a task is: objects on the scene, how an episode starts, what it measures, when it has succeeded."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.hand import SKIN_RADIUS
from dexsim2real_sim.compiled import of_vectors
from dexsim2real_sim.objects import GEOM_TYPES, OBJECTS, ObjectModel
from dexsim2real_sim.robot import FIXTURE, OBJECT
from dexsim2real_sim.simulation import Simulation

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Features = dict[str, Array]
"""What a task measures, by name; every value leads with the environments, shape (N, ...)."""

ARM_READY = np.array([0.0, -0.3, 0.0, -2.2, 0.0, 2.0, np.pi / 4])
"""Hand above the middle of the table, fingers down, palm facing away from the base [rad]."""
HAND_OPEN = np.array([0.0, 0.3, 0.3, 0.3] * 3 + [1.2, 0.2, 0.2, 0.3])
"""Fingers slightly bent, thumb opposed [rad]."""
AREA = 0.15
"""Objects start within a square of this side on the table [m] (evaluation protocol of the source paper)."""
AREA_CENTRE = np.array([0.55, 0.0])
ROLLING_DAMPING = 2e-4
"""Of free bodies [N s/m, N m s/rad]: stops a rolling ball within some seconds, as rolling friction would, which the
contact model lacks; nothing to a falling or held body."""


@dataclass(frozen=True)
class InitialState:
    """How one environment starts."""

    joints: Array
    """[rad], shape (23,)."""
    poses: Mapping[str, Array]
    """Free bodies on the table, with which they move up and down: position [m] and quaternion w, x, y, z, shape (7,),
    or (3,) for one that does not turn."""
    held: Mapping[str, Array] = field(default_factory=dict)
    """Free bodies in the hand, which stay where they are whatever the table's height."""
    targets: Array | None = None
    """Where the servos are told to be, to hold something from the start [rad], shape (23,); None: at `joints`."""


@dataclass
class World:
    """What a task may look at: the simulation and what was fixed when each episode began."""

    sim: Simulation
    difficulty: Array
    """In [0, 1], shape (N,)."""
    start: dict[str, Array]
    """Poses of the free bodies at the start of the episode, shape (N, 7) or (N, 3) each."""
    half: dict[str, Array]
    """Half extents of the slots' objects [m], shape (N, 3) each."""
    table_height: Array
    """Of the table's top [m], shape (N,)."""
    round: dict[str, Flags]
    """Whether the slots' objects look the same from all sides, shape (N,) each."""
    memory: dict[str, Array] = field(default_factory=dict)
    """What a task remembers within an episode, shape (N, ...) each; zero when one begins."""


@dataclass(frozen=True)
class Slot:
    """A free body whose object is chosen per episode from the catalogue."""

    name: str
    choices: tuple[str, ...] = field(default=())
    """Objects that fit the task; empty means that any does."""


@dataclass(frozen=True)
class FeatureInfo:
    """What a feature is, for people, for sub-goals written as data and for the models that propose them."""

    meaning: str
    unit: str = "m"
    """`m`, `m/s`, `rad`, `rad/s`, or `1` for numbers without a unit."""
    shape: tuple[int, ...] = (3,)
    """In one environment; () is a single number."""


TIPS_TO_MARKERS = FeatureInfo(
    "ways of index, middle and thumb to where they pinch it; 0.012 long at contact", "m", (3, 3)
)
TOUCHING = FeatureInfo("1 for each of index, middle, ring, thumb that touches anything, else 0", "1", (4,))


class Goal(Protocol):
    """What episodes are judged by: the task's own goal, or a step on the way to it."""

    @property
    def hold(self) -> float | Array:
        """How long it must stay reached before it counts [s], the same for all or shape (N,)."""

    @property
    def success_bonus(self) -> float:
        """Added to the reward in the step in which an episode succeeds and so ends."""

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Whether it is reached now, shape (N,)."""

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """Why it is not reached in one environment, in words and numbers."""

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Of one step, shape (N,)."""


class Task(ABC):
    """One manipulation task. Stateless: everything that changes is in the World."""

    name: ClassVar[str]
    instruction: ClassVar[str]
    """What a person would say; the language input of curriculum generation."""
    time_limit: ClassVar[float] = 30.0
    """[s]"""
    hold: ClassVar[float] = 0.0
    """How long the goal must stay reached before it counts [s]."""
    success_bonus: ClassVar[float] = 0.0
    """Added to the reward in the step in which an episode succeeds and so ends."""
    holds_arm: ClassVar[bool] = False
    """Whether actions move the hand alone."""
    slots: ClassVar[tuple[Slot, ...]] = ()
    feature_infos: ClassVar[Mapping[str, FeatureInfo]]
    """What `features` measures."""
    grasped: ClassVar[bool] = False
    """Whether the hand holds what matters from every start, so that there is nothing to reach for."""
    pregrasp: bool = False
    """Whether an empty hand starts around what it is to grasp, open, at any difficulty."""

    @abstractmethod
    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """Add the task's own bodies to the scene; slots are added by the caller."""

    @abstractmethod
    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Draw the start of an episode; `objects` says what each slot holds."""

    def away(self, difficulty: float) -> float:
        """How far an empty hand starts from where it grasps: as the difficulty has it, or not at all."""
        return 0.0 if self.pregrasp else difficulty

    @abstractmethod
    def features(self, world: World) -> Features:
        """Measure what success, reward and a privileged critic need."""

    @abstractmethod
    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Whether the goal is reached now, shape (N,)."""

    @abstractmethod
    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """Why the goal is not reached in one environment, in words and numbers."""

    @abstractmethod
    def reward(self, features: Features, difficulty: Array) -> Array:
        """Composite reward of one step, shape (N,)."""

    @abstractmethod
    def lost(self, features: Features) -> Flags:
        """Whether the episode cannot succeed any more, an object on the floor for instance, shape (N,)."""


def feature_columns(features: Features) -> tuple[str, ...]:
    """A name for each number of one environment's features: `lifted`, `to_goal.0`, `to_goal.1` and so on."""
    widths = {name: value[0].size for name, value in features.items()}
    return tuple(f"{name}.{i}" if width > 1 else name for name, width in widths.items() for i in range(width))


def flat_features(features: Features) -> Array:
    """The numbers in a row per environment, shape (N, F)."""
    return np.concatenate([value.reshape(len(value), -1) for value in features.values()], axis=1)


def add_free_body(spec: mujoco.MjSpec, name: str, mass: float, inertia: Array) -> mujoco.MjsBody:
    """A free body with explicit mass [kg] and principal inertia [kg m^2], shape (3,); geoms carry no mass."""
    body = spec.worldbody.add_body(name=name, mass=mass, inertia=inertia, explicitinertial=True)
    body.simple = 0  # so that its centre of mass may move
    body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_FREE, damping=[ROLLING_DAMPING, 0.0, 0.0])
    return body


def add_slot(spec: mujoco.MjSpec, slot: Slot) -> None:
    """A free body that starts as the first object it may hold."""
    model = OBJECTS[(slot.choices or tuple(OBJECTS))[0]]
    body = add_free_body(spec, slot.name, model.mass, model.inertia() * model.mass)
    add_object_geom(body, slot.name, GEOM_TYPES[model.kind], size=model.geom_size, rgba=(*model.rgb, 1.0))


def add_object_geom(body: mujoco.MjsBody, name: str, kind: mujoco.mjtGeom, **options: object) -> mujoco.MjsGeom:
    """A massless geom that touches the table, other objects and the robot."""
    return body.add_geom(
        name=name,
        type=kind,
        mass=0.0,
        contype=OBJECT,
        conaffinity=FIXTURE | OBJECT,
        condim=4,
        friction=(0.8, 0.005, 0.0001),
        **options,
    )


def upright(x: float, y: float, z: float, yaw: float = 0.0) -> Array:
    """Pose of a body standing at (x, y, z) [m], turned by `yaw` [rad], shape (7,)."""
    return np.array([x, y, z, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)])


def in_area(rng: np.random.Generator, side: float = AREA) -> Array:
    """A point drawn uniformly from the start area [m], shape (2,)."""
    return AREA_CENTRE + rng.uniform(-side / 2, side / 2, size=2)


def closeness(distance: Array, scale: float = 10.0) -> Array:
    """Keypoint reward 1 / (1 + alpha d), alpha in 1/m (Lin et al. 2025); 1 at the goal."""
    near: Array = 1.0 / (1.0 + scale * distance)
    return near


def contact_goal(tips_to_markers: Array) -> Array:
    """Mean closeness of fingertips to their markers on an object's surface, shape (N,).

    Ways from the middles of the fingertips to the markers [m], shape (N, fingers, 3); 1 where the skin touches them.
    """
    goal: Array = _contact_goal(tips_to_markers, SKIN_RADIUS)
    return goal


@of_vectors("f8[:, :], f8, f8[:]", "(f,k),()->()")
def _contact_goal(ways: Array, radius: float, goal: Array) -> None:
    total = 0.0
    for way in ways:
        gap = math.sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2]) - radius
        total += 1.0 / (1.0 + 20.0 * max(gap, 0.0))
    goal[0] = total / len(ways)


def share(values: Array) -> Array:
    """Values limited to [0, 1]; np.clip spends most of its time on its arguments."""
    limited: Array = np.minimum(np.maximum(values, 0.0), 1.0)
    return limited


def mean(values: Array | Flags) -> Array:
    """Of each environment's values, shape (N, k); numpy's own takes four times as long for few."""
    average: Array = values.sum(axis=1) / values.shape[1]
    return average


def between(ends: tuple[float, float], difficulty: Array) -> Array:
    """A tolerance that goes from `ends[0]` at difficulty 0 to `ends[1]` at 1, shape (N,)."""
    value: Array = ends[0] + difficulty * (ends[1] - ends[0])
    return value
