"""Lift an object off the table and put it into a target zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import mujoco
import numpy as np

from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.tasks.base import (
    AREA_CENTRE,
    Array,
    Features,
    Flags,
    InitialState,
    Slot,
    Task,
    World,
    closeness,
    in_area,
    ready_pose,
    upright,
)

ZONE_RADIUS = 0.04
"""Target zone on the table [m]."""
ZONE_OFFSET = np.array([0.0, 0.2])
"""From the middle of the start area to the zone [m]."""


class PickPlace(Task):
    """Object within the target zone, at rest on the table."""

    name: ClassVar[str] = "pick_place"
    instruction: ClassVar[str] = "Pick up the object and place it in the target zone."
    slots: ClassVar[tuple[Slot, ...]] = (Slot("object"),)

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """The zone is a mark on the table that nothing touches."""
        x, y = AREA_CENTRE + ZONE_OFFSET
        spec.body("table").add_site(
            name="zone",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=(ZONE_RADIUS, 0.0005, 0.0),
            pos=(x - 0.55, y, 0.0205),
            rgba=(0.15, 0.6, 0.3, 1.0),
        )

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Object anywhere in the area, any yaw."""
        x, y = in_area(rng)
        pose = upright(x, y, objects["object"].half[2], rng.uniform(-np.pi, np.pi))
        return InitialState(ready_pose(), {"object": pose})

    def features(self, world: World) -> Features:
        """Object pose and its way to the zone and to the fingertips."""
        pose = world.sim.pose("object")
        goal = np.zeros((len(pose), 3))
        goal[:, :2] = AREA_CENTRE + ZONE_OFFSET
        goal[:, 2] = world.table_height + world.half["object"][:, 2]
        return {
            "object_position": pose[:, :3].copy(),
            "object_rotation": pose[:, 3:].copy(),
            "to_goal": goal - pose[:, :3],
            "tips_to_object": world.sim.tip_positions - pose[:, None, :3],
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Centre of the object within the zone and on the table."""
        offset = features["to_goal"]
        flat: Flags = np.linalg.norm(offset[:, :2], axis=1) < ZONE_RADIUS
        return flat & (np.abs(offset[:, 2]) < 0.01)

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """Distance to the zone."""
        distance = np.linalg.norm(features["to_goal"][env, :2])
        return f"the object is {distance * 100:.1f} cm from the zone's middle, allowed {ZONE_RADIUS * 100:.1f} cm"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips near the object, object near the goal."""
        reach = closeness(np.linalg.norm(features["tips_to_object"], axis=-1)).mean(axis=1)
        reward: Array = 0.3 * reach + 0.7 * closeness(np.linalg.norm(features["to_goal"], axis=1))
        return reward

    def lost(self, features: Features) -> Flags:
        """Off the table."""
        dropped: Flags = features["object_position"][:, 2] < -0.1
        return dropped
