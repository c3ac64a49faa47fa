"""Flip a piece of toast from a grill onto a plate with a spatula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_description.model import ZERO, box_inertia
from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.quaternions import length, matrices, rotate
from dexsim2real_sim.robot import FIXTURE
from dexsim2real_sim.tasks.base import (
    AREA,
    Array,
    FeatureInfo,
    Features,
    Flags,
    InitialState,
    Task,
    World,
    add_free_body,
    add_object_geom,
    closeness,
    in_area,
    mean,
)
from dexsim2real_sim.tasks.starts import progress
from dexsim2real_sim.wrap import BESIDE, HEADING, Wrap, grip_gaps, upright_post

GRIP = 0.078
"""Middle of the handle over the underside of the blade [m]."""
HANDLE = (0.032, 0.032, 0.13)
"""Full size of the upright handle [m]."""
BLADE = (0.2, 0.044, 0.003)
"""Full size of the blade: along the fingers, across, thickness [m]."""
REACH = 0.12
"""From the handle to where the middle of the toast belongs on the blade [m]."""
TOOL_MASS = (0.1, 0.05)
"""Handle, blade [kg]."""
TOAST = np.array([0.08, 0.08, 0.012])
"""Full size [m]."""
TOAST_MASS = 0.04
RAIL = np.array([0.01, 0.11, 0.01])
"""Full size of each of the grill's two rails [m]."""
RAIL_GAP = 0.054
"""Between the rails, for the blade [m]."""
GRILL = np.array([0.45, -0.32])
"""Middle of the grill on the table [m]."""
PLATE = np.array([0.62, -0.32])
"""Middle of the plate: where the toast must land [m]."""
PLATE_SIZE = np.array([0.15, 0.14, 0.03])
TOLERANCE = (0.04, 0.02)
"""Allowed distance from the middle of the plate at difficulty 0 and 1 [m]."""
TURNED = np.radians(150.0)
"""Turned over means by more than this about a horizontal axis [rad]."""
FLAT = np.radians(10.0)
"""Lying flat is less than this from it [rad]."""
HELD = 0.6
"""Below this difficulty the spatula is in the hand from the start."""
_CLEAR = 0.025
"""Starts with the toast on the blade are this much higher [m]: the table may stand 2 cm higher than usual."""
SLOW = 0.05
"""Toast slower than this is at rest [m/s]."""
_UP = np.array([0.0, 0.0, 1.0])
TOOL_WRAP = Wrap(
    frame=(0.0287, -0.006, np.radians(-10.0)),
    around=np.array(
        [0.01, 1.33, 1.3, 1.12, -0.23, 1.12, 0.74, 1.26, -0.02, 1.33, 1.32, 1.09, 1.05, 0.81, 0.78, 1.23],
    ),
    closed=np.array([0.0, 1.4, 1.6, 1.3] * 3 + [1.3, 0.8, 1.5, 1.2]),
)
"""How the hand holds the handle (found by closing it in simulation)."""


class ToolUse(Task):
    """Toast on the plate, the other side up.

    Difficulty 0 starts with the toast on the tilted blade over the plate; up to 0.3 that start moves back to the
    toast on the grill with the blade under it, up to 0.6 to the spatula in the hand before the grill; then it stands
    on the table, ever further from a hand that is ever further away.
    """

    name: ClassVar[str] = "tool_use"
    instruction: ClassVar[str] = "Flip the toast onto the plate with the spatula."
    hold: ClassVar[float] = 0.3
    success_bonus: ClassVar[float] = 100.0
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "toast_position": FeatureInfo("middle of the toast in the world; z is up, the table near 0"),
        "toast_rotation": FeatureInfo("quaternion w, x, y, z of the toast", "1", (4,)),
        "toast_velocity": FeatureInfo("of the toast", "m/s"),
        "tool_position": FeatureInfo("middle of the spatula's handle in the world; 0.078 high when it stands"),
        "tool_rotation": FeatureInfo("quaternion w, x, y, z of the spatula", "1", (4,)),
        "tips_on_tool": FeatureInfo(
            "middles of index, middle, ring and thumb tip in the frame of the handle, an upright bar 0.032 wide",
            "m",
            (4, 3),
        ),
        "blade_to_toast": FeatureInfo("from where toast belongs on the blade to the toast"),
        "to_plate": FeatureInfo("from the toast to where it lies on the middle of the plate"),
        "turned": FeatureInfo("angle between the toast's upper side and up; pi when it lies turned over", "rad", ()),
        "above_table": FeatureInfo("height of the toast's middle over the table", "m", ()),
    }

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """Spatula and toast, the grill and the plate fixed to the table."""
        _add_tool(spec)
        toast = add_free_body(spec, "toast", TOAST_MASS, np.array(box_inertia(TOAST_MASS, tuple(TOAST), ZERO).diagonal))
        add_object_geom(toast, "toast", mujoco.mjtGeom.mjGEOM_BOX, size=TOAST / 2, rgba=(0.8, 0.55, 0.25, 1.0))
        for side in (-1.0, 1.0):
            x = GRILL[0] + side * (RAIL_GAP + RAIL[0]) / 2
            _add_fixture(spec, f"rail_{side:+.0f}", (x, GRILL[1]), RAIL, (0.25, 0.25, 0.27, 1.0))
        _add_fixture(spec, "plate", (PLATE[0], PLATE[1]), PLATE_SIZE, (0.9, 0.9, 0.92, 1.0))

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Spatula in the hand, somewhere on the way back from the plate, or standing in the area."""
        spread = progress(difficulty, HELD, 1.0)
        shift = rng.uniform(-0.01, 0.01, 2) * difficulty
        toast = Pose(np.array([*GRILL + shift, RAIL[2] + TOAST[2] / 2]), Rotation.identity())
        if difficulty < HELD:
            tool, carried = tool_on_the_way(difficulty)
            joints, targets = TOOL_WRAP.holding(tool)
            if carried is None:
                return InitialState(joints, {"tool": tool.vector, "toast": toast.vector}, targets=targets)
            return InitialState(joints, {}, held={"tool": tool.vector, "toast": carried.vector}, targets=targets)
        x, y = in_area(rng, AREA * spread)
        tool = upright_post(x, y, GRIP)
        near, far = TOOL_WRAP.opened(tool), TOOL_WRAP.opened(BESIDE)
        return InitialState(near + self.away(spread) * (far - near), {"tool": tool.vector, "toast": toast.vector})

    def features(self, world: World) -> Features:
        """Toast and spatula, how far the toast is turned, its ways to the plate and from the blade."""
        sim = world.sim
        toast, tool = sim.pose("toast"), sim.pose("tool")
        up = rotate(toast[:, 3:], _UP)[:, 2]
        on_plate = np.empty((len(toast), 3))
        on_plate[:, :2], on_plate[:, 2] = PLATE, world.table_height + PLATE_SIZE[2] + TOAST[2] / 2
        spot = tool[:, :3] + rotate(tool[:, 3:], np.array([REACH, 0.0, BLADE[2] + TOAST[2] / 2 - GRIP]))
        local = sim.tip_middles - tool[:, None, :3]
        return {
            "toast_position": toast[:, :3].copy(),
            "toast_rotation": toast[:, 3:].copy(),
            "toast_velocity": sim.twist("toast")[:, :3].copy(),
            "tool_position": tool[:, :3].copy(),
            "tool_rotation": tool[:, 3:].copy(),
            "tips_on_tool": local @ matrices(tool[:, 3:]),
            "blade_to_toast": toast[:, :3] - spot,
            "to_plate": on_plate - toast[:, :3],
            "turned": np.arccos(np.clip(up, -1.0, 1.0)),
            "above_table": toast[:, 2] - world.table_height,
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """The other side up, flat on the middle of the plate, at rest."""
        slow = length(features["toast_velocity"]) < SLOW
        done: Flags = (features["turned"] > np.pi - FLAT) & self._landed(features, difficulty) & slow
        return done

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """The first thing that is missing."""
        turned, way = np.degrees(features["turned"][env]), features["to_plate"][env]
        if turned <= np.degrees(TURNED):
            return f"the toast is turned by {turned:.0f} degrees, needed {np.degrees(TURNED):.0f}"
        distance, allowed = np.linalg.norm(way[:2]), self._tolerance(difficulty)[env]
        if distance >= allowed:
            return f"the toast is {distance * 100:.1f} cm from the plate's middle, allowed {allowed * 100:.1f} cm"
        if turned <= 180.0 - np.degrees(FLAT) or abs(way[2]) >= TOAST[2] / 2:
            return (
                f"the toast does not lie flat: {180.0 - turned:.0f} degrees off, height {abs(way[2]) * 100:.1f} cm off"
            )
        speed = np.linalg.norm(features["toast_velocity"][env])
        return f"the toast moves at {speed:.2f} m/s, allowed {SLOW:.2f} m/s, or has not rested for {self.hold:.1f} s"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips to their contact goals, blade under the toast, toast to the plate, toast turned there."""
        contact = mean(closeness(grip_gaps(features["tips_on_tool"], HANDLE[0] / 2), 20.0))
        turned = features["turned"] / np.pi
        under = np.maximum(closeness(length(features["blade_to_toast"])), turned)
        plate = closeness(length(features["to_plate"]))
        reward: Array = 0.15 * contact + 0.25 * under + 0.3 * plate + 0.3 * plate * turned
        return reward

    def lost(self, features: Features) -> Flags:
        """Toast flat on the bare table, where no blade gets under it, or the spatula off the table."""
        lost: Flags = (features["above_table"] < 0.8 * TOAST[2]) | (features["tool_position"][:, 2] < -0.1)
        return lost

    def _tolerance(self, difficulty: Array) -> Array:
        tolerance: Array = TOLERANCE[0] + difficulty * (TOLERANCE[1] - TOLERANCE[0])
        return tolerance

    def _landed(self, features: Features, difficulty: Array) -> Flags:
        way = features["to_plate"]
        near = length(way[:, :2]) < self._tolerance(difficulty)
        landed: Flags = near & (np.abs(way[:, 2]) < TOAST[2] / 2)
        return landed


def tool_at(blade: Array, tilt: float = 0.0) -> Pose:
    """The spatula with the underside of its blade, where the toast belongs, at a point [m], tilted [rad]."""
    rotation = HEADING * Rotation.from_euler("x", -tilt)
    return Pose(blade + rotation.apply([-REACH, 0.0, GRIP]), rotation)


def tipping(tilt: float) -> Pose:
    """The spatula as it tips the toast over its lower edge on the plate, at a tilt [rad] from 0 to 2."""
    half, hinge = TOAST[0] / 2, PLATE[0] - TOAST[0] / 2 - TOAST[2]
    top = np.array([hinge - half * np.cos(tilt), PLATE[1], PLATE_SIZE[2] + 0.004 + half * np.sin(tilt)])
    below = HEADING * Rotation.from_euler("x", -tilt)
    return tool_at(top - below.apply([0.0, 0.0, BLADE[2]]), tilt)


def tool_on_the_way(back: float) -> tuple[Pose, Pose | None]:
    """The spatula in the hand from tipping (0) over the grill (0.3) to before it (`HELD`).

    With it the toast, or None where it lies on the grill.
    """
    under, high = np.array([*GRILL, 0.004]), np.array([0.0, 0.0, 0.05])
    if back >= 0.3:
        return tool_at(under + [0.0, 0.15 * progress(back, 0.3, HELD), 0.0]), None
    way = [
        tipping(np.radians(30.0)).moved(z=_CLEAR),
        tipping(0.0).moved(z=_CLEAR),
        tool_at(under + high),
        tool_at(under),
    ]
    at = 10.0 * back
    tool = way[int(at)].toward(way[int(at) + 1], at - int(at))
    return tool, tool @ Pose.shift(REACH, 0.0, BLADE[2] + TOAST[2] / 2 - GRIP) if at < 2.5 else None


def _add_tool(spec: mujoco.MjSpec) -> None:
    """An upright handle on one end of a blade, which the spatula can stand on."""
    blade = np.array([BLADE[0] / 2 - 0.035, 0.0, BLADE[2] / 2 - GRIP])
    parts = (box_inertia(TOOL_MASS[0], HANDLE, ZERO), box_inertia(TOOL_MASS[1], BLADE, tuple(blade)))
    mass = sum(TOOL_MASS)
    com = blade * TOOL_MASS[1] / mass
    inertia = np.sum([p.matrix() + p.mass * _offset_inertia(np.array(p.com) - com) for p in parts], axis=0)
    body = add_free_body(spec, "tool", mass, np.zeros(3))
    body.ipos = com
    body.fullinertia = (*np.diag(inertia), inertia[0, 1], inertia[0, 2], inertia[1, 2])
    options = {"rgba": (0.2, 0.2, 0.22, 1.0)}
    add_object_geom(body, "handle", mujoco.mjtGeom.mjGEOM_BOX, size=np.array(HANDLE) / 2, **options)
    options = {"rgba": (0.7, 0.7, 0.72, 1.0)}
    add_object_geom(body, "blade", mujoco.mjtGeom.mjGEOM_BOX, size=np.array(BLADE) / 2, pos=blade, **options)
    foot = (0.035, 0.035, BLADE[2] / 2)
    add_object_geom(body, "foot", mujoco.mjtGeom.mjGEOM_BOX, size=foot, pos=(0.0, 0.0, blade[2]), **options)


def _offset_inertia(offset: Array) -> Array:
    """Of a mass of 1 kg at `offset` [m], shape (3, 3)."""
    inertia: Array = offset @ offset * np.eye(3) - np.outer(offset, offset)
    return inertia


def _add_fixture(spec: mujoco.MjSpec, name: str, where: tuple[float, float], size: Array, rgba: Any) -> None:
    """A box on the table that does not move."""
    table = spec.body("table")
    table.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=size / 2,
        pos=(where[0] - table.pos[0], where[1] - table.pos[1], size[2] / 2 - table.pos[2]),
        contype=FIXTURE,
        conaffinity=0,
        friction=(0.6, 0.005, 0.0001),
        rgba=rgba,
    )
