"""Put a square peg into a hole with 1 mm of clearance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pinch import PINCHING, YAW, default_pinch, pinch_markers
from dexsim2real_sim.quaternions import length, matrices
from dexsim2real_sim.robot import FIXTURE
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
    Task,
    World,
    add_free_body,
    add_object_geom,
    between,
    closeness,
    contact_goal,
    in_area,
    share,
    upright,
)
from dexsim2real_sim.tasks.starts import approaching, holding, progress

PEG = ObjectModel("peg", "box", (0.03, 0.03, 0.12), 0.076, (0.85, 0.45, 0.1))
"""Hard wood; long enough for the fingers to stay above the block."""
CLEARANCE = 0.001
"""Width of the hole over that of the peg [m]."""
DEPTH = 0.03
"""Of the hole, which ends at the table [m]."""
WALL = 0.025
"""Thickness of the block around the hole [m]."""
HOLE = AREA_CENTRE + [0.0, 0.2]
"""Middle of the hole on the table [m]; its sides are turned by YAW."""
SEATED = (0.005, 0.001)
"""Gap under the peg that counts as seated at difficulty 0 and 1 [m]."""
LIFT = 0.02
"""A peg that was never this high above the table is not on its way into the hole [m]."""


class PegInsertion(Task):
    """The peg stands in the hole, on its ground.

    Difficulty 0 starts with the peg held in the mouth of the hole; up to 0.4 that start moves up and away; then the
    peg stands on the table, ever further from a hand that is ever further away.
    """

    name: ClassVar[str] = "peg_insertion"
    instruction: ClassVar[str] = "Insert the peg into the hole of the block."
    hold: ClassVar[float] = 0.2
    success_bonus: ClassVar[float] = 100.0
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "peg_position": FeatureInfo("middle of the peg in the world; z is up, the table near 0"),
        "peg_rotation": FeatureInfo("quaternion w, x, y, z of the peg", "1", (4,)),
        "peg_velocity": FeatureInfo("of the peg", "m/s"),
        "to_goal": FeatureInfo("from the peg's lower end to the ground of the hole, 0.03 deep; z negative above"),
        "turn": FeatureInfo("of the peg about the vertical against the hole's sides, to the nearest fit", "rad", ()),
        "tips_to_markers": TIPS_TO_MARKERS,
        "touching": TOUCHING,
        "lifted": FeatureInfo("highest clearance under the peg since the episode began", "m", ()),
    }

    def __init__(self) -> None:
        self._pinch = default_pinch()

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """The peg, and the block with the hole as four walls on the table."""
        add_object_geom(
            add_free_body(spec, "peg", PEG.mass, PEG.inertia() * PEG.mass),
            "peg",
            mujoco.mjtGeom.mjGEOM_BOX,
            size=PEG.half,
            rgba=(*PEG.rgb, 1.0),
        )
        table = spec.body("table")
        inner, outer = (PEG.extent[0] + CLEARANCE) / 2, (PEG.extent[0] + CLEARANCE) / 2 + WALL
        top = table.geoms[0].size[2]
        for side in range(4):
            turn = Rotation.from_euler("z", YAW + side * np.pi / 2)
            middle = turn.apply([(inner + outer) / 2, WALL / 2, 0.0])
            table.add_geom(
                name=f"wall_{side}",
                type=mujoco.mjtGeom.mjGEOM_BOX,
                size=(WALL / 2, inner + WALL / 2, DEPTH / 2),
                pos=(*(HOLE - table.pos[:2] + middle[:2]), top + DEPTH / 2),
                quat=turn.as_quat(scalar_first=True),
                rgba=(0.35, 0.38, 0.45, 1.0),
                contype=FIXTURE,
                conaffinity=0,
                friction=(0.6, 0.005, 0.0001),
                priority=1,
            )

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Peg held over the hole, or standing anywhere in the area at any yaw in the end."""
        if difficulty < 0.4:
            back = difficulty / 0.4
            loose = progress(back, 0.3, 1.0)  # above the block, whatever the table's height
            x, y = HOLE + rng.uniform(-0.03, 0.03, 2) * loose
            pose = upright(x, y, PEG.half[2] + 0.025 + 0.1 * back, YAW + rng.uniform(-0.3, 0.3) * loose)
            return holding(self._pinch, "peg", pose, PEG)
        spread = progress(difficulty, 0.4, 1.0)
        x, y = in_area(rng, AREA * spread)
        pose = upright(x, y, PEG.half[2], YAW + rng.uniform(-np.pi, np.pi) * spread)
        return approaching(self._pinch, self.away(progress(difficulty, 0.4, 0.9)), "peg", pose, PEG)

    def features(self, world: World) -> Features:
        """Peg, the way of its lower end to the ground of the hole, its turn against the hole, fingertips."""
        sim = world.sim
        pose = sim.pose("peg")
        axes = matrices(pose[:, 3:])
        end = pose[:, :3] - PEG.half[2] * np.copysign(1.0, axes[:, 2:, 2]) * axes[:, :, 2]
        lifted = world.memory.setdefault("lifted", np.zeros(len(pose)))
        np.maximum(lifted, end[:, 2] - world.table_height, out=lifted)
        goal = np.empty((len(pose), 3))
        goal[:, :2], goal[:, 2] = HOLE, world.table_height
        yaw = np.arctan2(axes[:, 1, 0], axes[:, 0, 0]) - YAW
        half = np.broadcast_to(PEG.half, (len(pose), 3))
        markers = pinch_markers(pose, half, np.zeros(len(pose), dtype=bool))
        return {
            "peg_position": pose[:, :3].copy(),
            "peg_rotation": pose[:, 3:].copy(),
            "peg_velocity": sim.twist("peg")[:, :3].copy(),
            "to_goal": goal - end,
            "turn": (yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4,
            "tips_to_markers": markers - sim.tip_middles.take(PINCHING, axis=1),
            "touching": sim.touching.astype(float),
            "lifted": lifted.copy(),
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """In the hole, and on its ground."""
        seated: Flags = -features["to_goal"][:, 2] < between(SEATED, difficulty)
        return self._inside(features) & seated

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """Where the lower end of the peg is."""
        way = 1000 * features["to_goal"][env]
        aside, gap, allowed = np.linalg.norm(way[:2]), -way[2], 1000 * between(SEATED, difficulty)[env]
        if not self._inside(features)[env]:
            return f"the peg's lower end is {aside:.1f} mm beside the hole's middle, {gap:.1f} mm above its ground"
        return f"the peg is {gap:.1f} mm above the ground of the hole, allowed {allowed:.1f} mm"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips to their contact goals, lift, then the peg to the hole and down. At most 1."""
        contact = contact_goal(features["tips_to_markers"])
        lift = share(features["lifted"] / LIFT)
        way = length(features["to_goal"]) + 0.02 * np.abs(features["turn"])
        goal = closeness(way, 20.0) * lift
        reward: Array = 0.2 * contact + 0.2 * lift + 0.6 * goal
        return reward

    def lost(self, features: Features) -> Flags:
        """Off the table."""
        dropped: Flags = features["peg_position"][:, 2] < -0.1
        return dropped

    def _inside(self, features: Features) -> Flags:
        """The lower end is below the block's top and within the hole."""
        to_goal = features["to_goal"]
        inside: Flags = (length(to_goal[:, :2]) < 2 * CLEARANCE) & (-to_goal[:, 2] < DEPTH)
        return inside
