"""Pour granules from a cup into a bowl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.quaternions import length, matrices
from dexsim2real_sim.robot import FINGER, FIXTURE, OBJECT, ROBOT
from dexsim2real_sim.tasks.base import (
    AREA,
    AREA_CENTRE,
    Array,
    FeatureInfo,
    Features,
    Flags,
    InitialState,
    Task,
    World,
    add_free_body,
    closeness,
    in_area,
    mean,
)
from dexsim2real_sim.tasks.starts import progress
from dexsim2real_sim.wrap import BESIDE, HEADING, Wrap, grip_gaps, upright_post

CUP_RADIUS, CUP_HEIGHT, CUP_MASS = 0.033, 0.14, 0.1
"""A tumbler [m], [kg]."""
WALL = 0.003
"""Thickness of the cup's and the bowl's walls [m]."""
GRANULES = 12
GRANULE_RADIUS, GRANULE_MASS = 0.009, 0.003
"""Wooden beads [m], [kg]."""
BOWL = np.array([0.74, 0.0])
"""Middle of the bowl on the table [m]."""
BOWL_RADIUS, BOWL_HEIGHT = 0.065, 0.05
"""Inner radius and height [m]."""
POUR_HEIGHT = 0.06
"""The mouth of the cup belongs this high over the bowl's rim [m]."""
SHARE = 0.7
"""Of the granules' mass that must end in the bowl."""
HELD = 0.5
"""Below this difficulty the cup is in the hand from the start."""
_SIDES = 8
_GRANULE = 16
"""Collision bit of the granules: they meet the walls of the cup but not its hull, which is what the hand holds."""
_DAMPING = 0.002
"""Drag on a granule [N s/m]: stops it within some seconds, as rolling friction would."""
CUP_WRAP = Wrap(
    frame=(0.043, -0.0085, 0.0),
    around=np.array(
        [0.03, 1.11, 0.95, 0.91, -0.1, 1.02, 0.76, 0.95, -0.01, 1.11, 0.95, 0.93, 1.21, 0.6, 0.57, 1.02],
    ),
    closed=np.array([0.0, 1.2, 1.1, 1.0] * 3 + [1.3, 0.6, 1.0, 1.0]),
)
"""How the hand holds the cup (found by closing it in simulation)."""


class Pouring(Task):
    """Most of the granules in the bowl.

    Difficulty 0 starts with the cup held over the bowl and tilted; up to 0.5 that start moves back to the cup held
    upright over the area where cups stand; then the cup stands there, ever further from a hand that is ever further
    away.
    """

    name: ClassVar[str] = "pouring"
    instruction: ClassVar[str] = "Pick up the cup and pour the beads into the bowl."
    success_bonus: ClassVar[float] = 100.0
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "cup_position": FeatureInfo("middle of the cup in the world; 0.07 high when it stands"),
        "cup_rotation": FeatureInfo("quaternion w, x, y, z of the cup", "1", (4,)),
        "cup_up": FeatureInfo("direction of the cup's axis towards its mouth; z is 1 upright, -1 upside down", "1"),
        "mouth_to_bowl": FeatureInfo("from the cup's mouth to where it pours, 0.06 over the middle of the bowl's rim"),
        "tips_in_cup": FeatureInfo(
            "middles of index, middle, ring and thumb tip in the frame of the cup, an upright tube of radius 0.033",
            "m",
            (4, 3),
        ),
        "granules_middle": FeatureInfo("mean position of the granules against the middle of the bowl's rim"),
        "in_bowl": FeatureInfo("share of the granules in the bowl", "1", ()),
        "spilled": FeatureInfo("share of the granules on the table", "1", ()),
    }

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """The cup, the bowl fixed to the table, the granules."""
        _add_cup(spec)
        _add_bowl(spec)
        for index in range(GRANULES):
            _add_granule(spec, f"granule_{index}")

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Cup in the hand, between bowl and area, or standing in the area."""
        if difficulty < HELD:
            return self._held(rng, difficulty / HELD)
        spread = progress(difficulty, HELD, 1.0)
        x, y = in_area(rng, AREA * spread)
        post = upright_post(x, y, CUP_HEIGHT / 2)
        near, far = CUP_WRAP.opened(post), CUP_WRAP.opened(BESIDE)
        return InitialState(near + self.away(spread) * (far - near), _poses(post))

    def _held(self, rng: np.random.Generator, back: float) -> InitialState:
        """Cup in the hand, `back` of the way from over the bowl and tilted to upright over the area."""
        lifted = upright_post(AREA_CENTRE[0], AREA_CENTRE[1], CUP_HEIGHT / 2 + 0.1)
        x, y = rng.uniform(-0.01, 0.01, 2)
        post = pouring_post(np.radians(60.0)).toward(lifted, back).moved(x, y)
        joints, targets = CUP_WRAP.holding(post)
        return InitialState(joints, {}, held=_poses(post), targets=targets)

    def features(self, world: World) -> Features:
        """Cup, its mouth's way to where it pours, the fingertips' way to the cup, where the granules are."""
        sim = world.sim
        cup = sim.pose("cup")
        axes = matrices(cup[:, 3:])
        up = axes[:, :, 2]
        rim = np.empty((len(cup), 3))
        rim[:, :2], rim[:, 2] = BOWL, world.table_height + BOWL_HEIGHT
        start, _ = sim.free_address("granule_0")
        granules = sim.qpos[:, start : start + 3 * GRANULES].reshape(-1, GRANULES, 3)
        beside, above = length(granules[..., :2] - BOWL), granules[..., 2] - rim[:, None, 2]
        in_bowl = (beside < BOWL_RADIUS) & (above < 0.0) & (above > -BOWL_HEIGHT - 0.01)
        local = (granules - cup[:, None, :3]) @ axes
        in_cup = (length(local[..., :2]) < CUP_RADIUS) & (np.abs(local[..., 2]) < CUP_HEIGHT / 2)
        spilled = ~in_bowl & ~in_cup & (above < 0.02 - BOWL_HEIGHT)
        return {
            "cup_position": cup[:, :3].copy(),
            "cup_rotation": cup[:, 3:].copy(),
            "cup_up": up,
            "mouth_to_bowl": rim + [0.0, 0.0, POUR_HEIGHT] - cup[:, :3] - CUP_HEIGHT / 2 * up,
            "tips_in_cup": (sim.tip_middles - cup[:, None, :3]) @ axes,
            "granules_middle": mean(granules) - rim,
            "in_bowl": mean(in_bowl),
            "spilled": mean(spilled),
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Enough in the bowl."""
        done: Flags = features["in_bowl"] >= SHARE
        return done

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """How much is where."""
        in_bowl, spilled = features["in_bowl"][env], features["spilled"][env]
        return (
            f"{in_bowl:.0%} of the granules' mass is in the bowl, needed {SHARE:.0%}; {spilled:.0%} is spilled, "
            f"the cup is tilted by {np.degrees(np.arccos(features['cup_up'][env, 2])):.0f} degrees"
        )

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips to their contact goals, mouth of the cup over the bowl, tilt there, granules in the bowl."""
        contact = mean(closeness(grip_gaps(features["tips_in_cup"], CUP_RADIUS), 20.0))
        over = closeness(length(features["mouth_to_bowl"]))
        tilt = 0.5 - 0.5 * features["cup_up"][:, 2]
        reward: Array = 0.15 * contact + 0.25 * over + 0.2 * over * tilt + 0.4 * features["in_bowl"]
        return reward

    def lost(self, features: Features) -> Flags:
        """Too much spilled, or the cup off the table."""
        spilled: Flags = features["spilled"] > 1.0 - SHARE + 1e-6
        return spilled | (features["cup_position"][:, 2] < -0.1)


def pouring_post(tilt: float) -> Pose:
    """Where the cup is over the bowl at a tilt [rad]: its mouth comes down towards the bowl as it tilts."""
    rotation = HEADING * Rotation.from_euler("x", -tilt)
    mouth = np.array([BOWL[0] - 0.03, BOWL[1], BOWL_HEIGHT + POUR_HEIGHT + 0.1 * np.cos(tilt)])
    return Pose(mouth - rotation.apply([0.0, 0.0, CUP_HEIGHT / 2]), rotation)


def _poses(cup: Pose) -> dict[str, Array]:
    """Cup and granules in it, in rings of four."""
    poses = {"cup": cup.vector}
    for index in range(GRANULES):
        layer, angle = index // 4, np.pi / 2 * index + np.pi / 4 * (index // 4)
        height = WALL + GRANULE_RADIUS + 0.016 * layer - CUP_HEIGHT / 2
        poses[f"granule_{index}"] = (cup @ Pose.shift(0.0145 * np.cos(angle), 0.0145 * np.sin(angle), height)).position
    return poses


def _add_cup(spec: mujoco.MjSpec) -> None:
    side, axial = CUP_RADIUS**2 / 2 + CUP_HEIGHT**2 / 12, CUP_RADIUS**2  # a thin tube
    body = add_free_body(spec, "cup", CUP_MASS, CUP_MASS * np.array([side, side, axial]))
    body.add_geom(
        name="cup",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=(CUP_RADIUS, CUP_HEIGHT / 2, 0.0),
        mass=0.0,
        contype=OBJECT,
        conaffinity=FIXTURE,
        condim=4,
        friction=(0.8, 0.005, 0.0001),
        rgba=(0.0, 0.0, 0.0, 0.0),  # the walls are what is seen
    )
    look = {"contype": _GRANULE, "conaffinity": _GRANULE, "rgba": (0.35, 0.55, 0.8, 1.0)}
    _add_walls(body, "cup", CUP_RADIUS - WALL, -CUP_HEIGHT / 2, CUP_HEIGHT / 2, **look)


def _add_bowl(spec: mujoco.MjSpec) -> None:
    table = spec.body("table")
    body = table.add_body(name="bowl", pos=(*(BOWL - table.pos[:2]), -table.pos[2]))
    look = {"contype": FIXTURE, "conaffinity": 0, "rgba": (0.85, 0.82, 0.75, 1.0)}
    _add_walls(body, "bowl", BOWL_RADIUS, 0.0, BOWL_HEIGHT, **look)


def _add_walls(body: mujoco.MjsBody, name: str, radius: float, bottom: float, top: float, **options: Any) -> None:
    """A floor and a ring of boxes around it, open at the top; `radius` inside, all in metres."""
    half = (top - bottom) / 2
    size = (WALL / 2, (radius + WALL) * np.tan(np.pi / _SIDES), half)
    for side in range(_SIDES):
        angle = 2 * np.pi * side / _SIDES
        pos = np.array([np.cos(angle), np.sin(angle), 0.0]) * (radius + WALL / 2) + [0.0, 0.0, bottom + half]
        quat = (np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2))
        body.add_geom(
            name=f"{name}_wall_{side}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=size,
            pos=pos,
            quat=quat,
            mass=0.0,
            **options,
        )
    body.add_geom(
        name=f"{name}_floor",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=(radius + WALL, WALL / 2, 0.0),
        pos=(0.0, 0.0, bottom + WALL / 2),
        mass=0.0,
        **options,
    )


def _add_granule(spec: mujoco.MjSpec, name: str) -> None:
    """A smooth bead that slides but does not turn: a third of the cost of one that rolls (measured)."""
    inertia = np.full(3, 0.4 * GRANULE_MASS * GRANULE_RADIUS**2)
    body = spec.worldbody.add_body(name=name, mass=GRANULE_MASS, inertia=inertia, explicitinertial=True)
    for axis, direction in zip("xyz", np.eye(3), strict=True):
        body.add_joint(
            name=f"{name}_{axis}", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=direction, damping=[_DAMPING, 0.0, 0.0]
        )
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_SPHERE,
        size=(GRANULE_RADIUS, 0.0, 0.0),
        mass=0.0,
        contype=_GRANULE,
        conaffinity=_GRANULE | FIXTURE | ROBOT | FINGER,
        condim=1,
        priority=2,
        rgba=(0.9, 0.65, 0.15, 1.0),
    )
