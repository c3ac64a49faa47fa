"""Lift an object off the table and put it into a target zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import mujoco
import numpy as np

from dexsim2real_sim.compiled import of_numbers
from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pinch import PINCHING, YAW, default_pinch, pinch_markers
from dexsim2real_sim.quaternions import length
from dexsim2real_sim.tasks.base import (
    AREA,
    AREA_CENTRE,
    TIPS_TO_MARKERS,
    TOUCHING,
    Array,
    FeatureInfo,
    Features,
    Flags,
    InitialState,
    Slot,
    Task,
    World,
    between,
    contact_goal,
    in_area,
    mean,
    upright,
)
from dexsim2real_sim.tasks.starts import approaching, holding, progress

ZONE = AREA_CENTRE + [0.0, 0.2]
"""Middle of the target zone on the table [m]."""
ZONE_RADIUS = (0.08, 0.04)
"""Allowed distance from it at difficulty 0 and 1 [m]."""
LIFT = 0.03
"""An object that was never this high above the table was pushed, not carried [m]."""
HELD = 0.06
"""Clearance under the object at the easiest start [m]: lifted, however high the table is."""
RESTING = 0.01
"""Height over where it would stand that still counts as standing on the table [m]."""
SLOW = 0.05
"""An object slower than this is at rest [m/s]."""


class PickPlace(Task):
    """Object carried into the target zone, let go, at rest on the table.

    Difficulty 0 starts with the object held over the zone; up to 0.4 that start moves back to the area where
    objects lie; then the object stands there, ever further from a hand that is ever further away.
    """

    name: ClassVar[str] = "pick_place"
    instruction: ClassVar[str] = "Pick up the object and place it in the target zone."
    hold: ClassVar[float] = 0.3
    success_bonus: ClassVar[float] = 200.0
    slots: ClassVar[tuple[Slot, ...]] = (Slot("object"),)
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "object_position": FeatureInfo("middle of the object in the world; z is up, the table near 0"),
        "object_rotation": FeatureInfo("quaternion w, x, y, z of the object", "1", (4,)),
        "object_velocity": FeatureInfo("of the object", "m/s"),
        "to_goal": FeatureInfo("from the object to where it stands in the middle of the target zone; z negative above"),
        "tips_to_markers": TIPS_TO_MARKERS,
        "touching": TOUCHING,
        "lifted": FeatureInfo("highest clearance under the object since the episode began", "m", ()),
    }

    def __init__(self) -> None:
        self._pinch = default_pinch()

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """The zone is a mark on the table that nothing touches."""
        spec.body("table").add_site(
            name="zone",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=(ZONE_RADIUS[1], 0.0005, 0.0),
            pos=(*(ZONE - spec.body("table").pos[:2]), 0.0205),
            rgba=(0.15, 0.6, 0.3, 1.0),
        )

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Object held between zone and area, or standing in the area, at any yaw in the end."""
        model = objects["object"]
        if difficulty < 0.4:
            back = difficulty / 0.4
            x, y = ZONE + back * (AREA_CENTRE - ZONE) + rng.uniform(-0.03, 0.03, 2)
            return holding(self._pinch, "object", upright(x, y, model.half[2] + HELD + 0.05 * back, YAW), model)
        spread = progress(difficulty, 0.4, 1.0)
        x, y = in_area(rng, AREA * spread)
        pose = upright(x, y, model.half[2], YAW + rng.uniform(-np.pi, np.pi) * spread)
        return approaching(self._pinch, self.away(progress(difficulty, 0.4, 0.9)), "object", pose, model)

    def features(self, world: World) -> Features:
        """Object, its way to the zone, the fingertips' ways to their contact goals, what has been lifted."""
        sim, half = world.sim, world.half["object"]
        pose = sim.pose("object")
        height = pose[:, 2] - half[:, 2] - world.table_height
        lifted = world.memory.setdefault("lifted", np.zeros(len(pose)))
        np.maximum(lifted, height, out=lifted)
        to_goal = np.empty((len(pose), 3))
        np.subtract(ZONE, pose[:, :2], out=to_goal[:, :2])
        np.negative(height, out=to_goal[:, 2])
        markers = pinch_markers(pose, half, world.round["object"])
        return {
            "object_position": pose[:, :3].copy(),
            "object_rotation": pose[:, 3:].copy(),
            "object_velocity": sim.twist("object")[:, :3].copy(),
            "to_goal": to_goal,
            "tips_to_markers": markers - sim.tip_middles.take(PINCHING, axis=1),
            "touching": sim.touching.astype(float),
            "lifted": lifted.copy(),
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Carried there, on the table within the zone, slow, and let go."""
        arrived = self._arrived(features, difficulty)
        if not np.count_nonzero(arrived):
            return arrived
        done: Flags = arrived & (length(features["object_velocity"]) < SLOW) & ~features["touching"].any(axis=1)
        return done

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """The first thing that is missing."""
        to_goal, lifted = features["to_goal"][env], features["lifted"][env]
        distance, allowed = np.linalg.norm(to_goal[:2]), between(ZONE_RADIUS, difficulty)[env]
        speed = np.linalg.norm(features["object_velocity"][env])
        if lifted < LIFT:
            return f"the object was lifted {lifted * 100:.1f} cm at most, needed {LIFT * 100:.1f} cm"
        if distance >= allowed:
            return f"the object is {distance * 100:.1f} cm from the zone's middle, allowed {allowed * 100:.1f} cm"
        if -to_goal[2] >= RESTING:
            return (
                f"the object is {-to_goal[2] * 100:.1f} cm over its place on the table, allowed {RESTING * 100:.1f} cm"
            )
        if features["touching"][env].any():
            return f"{int(features['touching'][env].sum())} fingertips still touch something"
        return f"the object moves at {speed:.2f} m/s, allowed {SLOW:.2f} m/s, or has not rested for {self.hold:.1f} s"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips to their contact goals, lift, then the object to the zone; there, fingers off. At most 1."""
        contact, distance = contact_goal(features["tips_to_markers"]), length(features["to_goal"])
        on_the_way: Array = _on_the_way(contact, features["lifted"], distance)
        arrived = self._arrived(features, difficulty)
        if not np.count_nonzero(arrived):
            return on_the_way
        there = 0.9 + 0.1 * (1.0 - mean(features["touching"]))
        return np.where(arrived, there, on_the_way)

    def lost(self, features: Features) -> Flags:
        """Off the table."""
        dropped: Flags = features["object_position"][:, 2] < -0.1
        return dropped

    def _arrived(self, features: Features, difficulty: Array) -> Flags:
        """Carried there and on the table, at rest or not."""
        carried: Flags = features["lifted"] >= LIFT
        if not np.count_nonzero(carried):
            return carried
        offset = features["to_goal"]
        inside = length(offset[:, :2]) < between(ZONE_RADIUS, difficulty)
        arrived: Flags = carried & inside & (-offset[:, 2] < RESTING)
        return arrived


@of_numbers("f8(f8, f8, f8)")
def _on_the_way(contact: float, lifted: float, distance: float) -> float:
    """Reward until the object is there: contact goals, lift, closeness to the zone."""
    lift = min(max(lifted / LIFT, 0.0), 1.0)
    return 0.2 * contact + 0.3 * lift + 0.4 * (lift / (1.0 + 10.0 * distance))
