"""Put one cube on top of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import mujoco
import numpy as np

from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pinch import PINCHING, YAW, default_pinch, pinch_markers
from dexsim2real_sim.quaternions import length
from dexsim2real_sim.tasks.base import (
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
    add_free_body,
    add_object_geom,
    between,
    closeness,
    contact_goal,
    in_area,
    mean,
    share,
    upright,
)
from dexsim2real_sim.tasks.starts import approaching, holding, progress

BASE_HALF = 0.025
"""Of the lower cube's edge [m]."""
BASE_MASS = 0.09
"""A wooden cube [kg]."""
TOLERANCE = (0.02, 0.005)
"""Horizontal distance of the centres at difficulty 0 and 1 [m]."""
CONTACT = 0.005
"""The upper cube is this close to lying on the lower one [m]."""
LIFT = 0.03
"""Height over where it stood from which the upper cube counts as lifted [m]."""
HELD = 0.03
"""Clearance under the upper cube at the easiest start [m]: above the lower one, however high the table is."""
APART = 0.11
"""The cubes start at least this far apart, so that fingers fit between them [m]."""


class Stacking(Task):
    """The upper cube stands on the lower one, let go, for three seconds.

    Difficulty 0 starts with the upper cube held close above the lower one; up to 0.4 that start moves up and away;
    then the cube stands on the table, ever further from a hand that is ever further away.
    """

    name: ClassVar[str] = "stacking"
    instruction: ClassVar[str] = "Stack the coloured cube on the wooden one."
    hold: ClassVar[float] = 3.0
    success_bonus: ClassVar[float] = 100.0
    slots: ClassVar[tuple[Slot, ...]] = (Slot("top", ("colored_block", "rubik_cube")),)
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "top_position": FeatureInfo("middle of the upper cube in the world; z is up, the table near 0"),
        "top_rotation": FeatureInfo("quaternion w, x, y, z of the upper cube", "1", (4,)),
        "top_velocity": FeatureInfo("of the upper cube", "m/s"),
        "base_position": FeatureInfo("middle of the lower cube in the world"),
        "base_rotation": FeatureInfo("quaternion w, x, y, z of the lower cube", "1", (4,)),
        "offset": FeatureInfo("of the upper cube from lying centred on the lower one; z positive above it"),
        "tips_to_markers": TIPS_TO_MARKERS,
        "touching": TOUCHING,
        "lifted": FeatureInfo("highest clearance under the upper cube since the episode began", "m", ()),
    }

    def __init__(self) -> None:
        self._pinch = default_pinch()

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """The lower cube."""
        inertia = np.full(3, BASE_MASS * (2 * BASE_HALF) ** 2 / 6)
        body = add_free_body(spec, "base", BASE_MASS, inertia)
        add_object_geom(
            body, "base", mujoco.mjtGeom.mjGEOM_BOX, size=np.full(3, BASE_HALF), rgba=(0.72, 0.55, 0.35, 1.0)
        )

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Both cubes anywhere in the area, apart, at any yaw in the end."""
        model = objects["top"]
        spread = progress(difficulty, 0.4, 1.0)
        lower, upper = _apart(rng, spread)
        base = upright(lower[0], lower[1], BASE_HALF, YAW + rng.uniform(-np.pi, np.pi) * spread)
        if difficulty < 0.4:
            back = difficulty / 0.4
            x, y = lower + rng.uniform(-1.0, 1.0, 2) * (0.01 + 0.05 * back)
            pose = upright(x, y, 2 * BASE_HALF + model.half[2] + HELD + 0.05 * back, YAW)
            return holding(self._pinch, "top", pose, model, base=base)
        pose = upright(upper[0], upper[1], model.half[2], YAW + rng.uniform(-np.pi, np.pi) * spread)
        return approaching(self._pinch, self.away(progress(difficulty, 0.4, 0.9)), "top", pose, model, base=base)

    def features(self, world: World) -> Features:
        """Cubes, the upper one's offset from lying centred on the lower one, fingertips' ways to contact goals."""
        sim, half = world.sim, world.half["top"]
        top, base = sim.pose("top"), sim.pose("base")
        lifted = world.memory.setdefault("lifted", np.zeros(len(top)))
        np.maximum(lifted, top[:, 2] - half[:, 2] - world.table_height, out=lifted)
        offset = top[:, :3] - base[:, :3]
        offset[:, 2] -= half[:, 2] + BASE_HALF
        markers = pinch_markers(top, half, world.round["top"])
        return {
            "top_position": top[:, :3].copy(),
            "top_rotation": top[:, 3:].copy(),
            "top_velocity": sim.twist("top")[:, :3].copy(),
            "base_position": base[:, :3].copy(),
            "base_rotation": base[:, 3:].copy(),
            "offset": offset,
            "tips_to_markers": markers - sim.tip_middles.take(PINCHING, axis=1),
            "touching": sim.touching.astype(float),
            "lifted": lifted.copy(),
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Centred, lying on it, and let go."""
        stacked = self._stacked(features, difficulty)
        if not np.count_nonzero(stacked):
            return stacked
        done: Flags = stacked & ~features["touching"].any(axis=1)
        return done

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """The first thing that is missing."""
        offset, allowed = 1000 * features["offset"][env], 1000 * between(TOLERANCE, difficulty)[env]
        aside = np.linalg.norm(offset[:2])
        if abs(offset[2]) >= 1000 * CONTACT:
            where = "above" if offset[2] > 0 else "below"
            return f"the upper cube is {abs(offset[2]):.0f} mm {where} the top of the lower one, {aside:.0f} mm aside"
        if aside >= allowed:
            return f"the cubes' centres are {aside:.1f} mm apart, allowed {allowed:.1f} mm"
        if features["touching"][env].any():
            return f"{int(features['touching'][env].sum())} fingertips still touch something"
        return f"the stack has not stood for {self.hold:.0f} s"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips to their contact goals, lift, then the cube onto the other; there, fingers off. At most 1."""
        contact = contact_goal(features["tips_to_markers"])
        lift = share(features["lifted"] / LIFT)
        goal = closeness(length(features["offset"]), 20.0) * lift
        on_the_way: Array = 0.2 * contact + 0.2 * lift + 0.5 * goal
        stacked = self._stacked(features, difficulty)
        if not np.count_nonzero(stacked):
            return on_the_way
        there = 0.9 + 0.1 * (1.0 - mean(features["touching"]))
        return np.where(stacked, there, on_the_way)

    def lost(self, features: Features) -> Flags:
        """Either cube off the table."""
        dropped: Flags = np.minimum(features["top_position"][:, 2], features["base_position"][:, 2]) < -0.1
        return dropped

    def _stacked(self, features: Features, difficulty: Array) -> Flags:
        """Centred and lying on it, held or not."""
        offset = features["offset"]
        centred = length(offset[:, :2]) < between(TOLERANCE, difficulty)
        stacked: Flags = centred & (np.abs(offset[:, 2]) < CONTACT)
        return stacked


def _apart(rng: np.random.Generator, spread: float) -> tuple[Array, Array]:
    """Two points of the area with room for fingers between them [m], shape (2,) each.

    At spread 0 one is in the middle of the area and the other as close to it as may be.
    """
    gap = 0.0
    while gap < APART:
        base, top = in_area(rng), in_area(rng)
        gap = float(np.linalg.norm(top - base))
    start = AREA_CENTRE + spread * (base - AREA_CENTRE)
    end: Array = start + (top - base) * (APART + spread * (gap - APART)) / gap
    return start, end
