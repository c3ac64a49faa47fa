"""Turn an object that lies in the upturned hand about the palm's normal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_description import make_cell
from dexsim2real_description.hand import PALM, SKIN_RADIUS
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_sim.compiled import of_numbers, of_vectors
from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.quaternions import inverse, matrices, multiply
from dexsim2real_sim.tasks.base import (
    Array,
    FeatureInfo,
    Features,
    Flags,
    InitialState,
    Slot,
    Task,
    World,
)

ARM_PALM_UP = np.array([0.4375, 0.293, -0.9934, -2.0564, 1.4015, 1.0098, -1.5501])
"""Palm up, 0.4 m over the table, fingers to the left, every joint 1 rad or more from its limits [rad]."""
HAND_CRADLE = np.array([0.0, 1.2, 0.8, 0.6] * 3 + [0.5, 0.3, 0.2, 0.3])
"""Fingers rise like a wall on one side of the object, the thumb waits on the other [rad]."""
PALM_SURFACE = 0.0111
"""The palm's face over its origin [m]."""
REST = np.array([0.0, -0.015])
"""Where the middle of the object starts on the palm: its y and z [m]."""
PLACEMENT = (0.01, 0.2)
"""At difficulty 1 the object starts up to this far from there [m] and this much turned [rad]."""
ASKED = np.radians([20.0, 90.0])
"""Turn that is asked for at difficulty 0 and 1, counter-clockwise as seen from above [rad]."""
TOLERANCE = np.radians(5.0)
"""What may be missing [rad]: 85 degrees are enough where 90 are asked for."""
LARGEST_TILT = float(np.radians(30.0))
"""An object tilted more than this has tipped over instead of turning [rad]."""


class InHandRotation(Task):
    """Object turned by the asked angle about the palm's normal, not tipped over.

    The angle is that between object and palm, so turning the arm does not count, and it is added up over the
    episode, so a turn the long way round does not count either.
    """

    name: ClassVar[str] = "in_hand_rotation"
    instruction: ClassVar[str] = "Rotate the object in your hand counter-clockwise by 90 degrees without dropping it."
    hold: ClassVar[float] = 0.3
    grasped: ClassVar[bool] = True
    success_bonus: ClassVar[float] = 100.0
    holds_arm: ClassVar[bool] = True  # the fingers are to turn it: a policy that may swing the arm learns to throw
    slots: ClassVar[tuple[Slot, ...]] = (Slot("object", ("colored_block", "foam_brick", "rubik_cube")),)
    feature_infos: ClassVar[Mapping[str, FeatureInfo]] = {
        "object_position": FeatureInfo("middle of the object in the palm's frame; x away from the palm"),
        "object_rotation": FeatureInfo("quaternion w, x, y, z of the object in the palm's frame", "1", (4,)),
        "object_half": FeatureInfo("half extents of the object"),
        "object_spin": FeatureInfo("angular velocity of the object in the palm's frame; x is the wanted turn", "rad/s"),
        "tips_at_object": FeatureInfo(
            "middles of index, middle, ring and thumb tip in the object's frame", "m", (4, 3)
        ),
        "turned": FeatureInfo("turn about the palm's normal since the start, counter-clockwise positive", "rad", ()),
        "to_go": FeatureInfo("what is missing of the asked turn", "rad", ()),
        "tilt": FeatureInfo("of the object against lying flat on the palm", "rad", ()),
    }

    def add_objects(self, spec: mujoco.MjSpec) -> None:
        """Nothing but the object."""

    def initial_state(
        self, rng: np.random.Generator, difficulty: float, objects: Mapping[str, ObjectModel]
    ) -> InitialState:
        """Object on the palm."""
        shift = rng.uniform(-1.0, 1.0, 3) * difficulty
        y, z = REST + PLACEMENT[0] * shift[:2]
        lying = Rotation.from_euler("yx", [np.pi / 2, PLACEMENT[1] * shift[2]])  # its own z along the palm's x
        pose = _start_palm() @ Pose(np.array([PALM_SURFACE + objects["object"].half[2], y, z]), lying)
        return InitialState(np.concatenate([ARM_PALM_UP, HAND_CRADLE]), {}, held={"object": pose.vector})

    def features(self, world: World) -> Features:
        """Object and fingertips in the palm's frame, how far the object has turned and tilted."""
        sim = world.sim
        palm = sim.body_id(PALM)
        pose, palm_axes = sim.pose("object"), sim.xmat[:, palm].reshape(-1, 3, 3)
        axes = matrices(pose[:, 3:])
        rotation = multiply(inverse(sim.xquat[:, palm]), pose[:, 3:])
        start = multiply(inverse(world.start["object"][:, 3:]), _start_palm_quaternion())
        w, x, y, z = multiply(rotation, start).T
        turned = world.memory.setdefault("turned", np.zeros(len(pose)))
        _wind(turned, x, w, out=turned)
        return {
            "object_position": np.vecmat(pose[:, :3] - sim.xpos[:, palm], palm_axes),
            "object_rotation": rotation,
            "object_half": world.half["object"].copy(),
            "object_spin": np.vecmat(np.matvec(axes, sim.twist("object")[:, 3:]), palm_axes),
            "tips_at_object": (sim.tip_middles - pose[:, None, :3]) @ axes,
            "turned": turned.copy(),
            "to_go": ASKED[0] + (ASKED[1] - ASKED[0]) * world.difficulty - turned,
            "tilt": _tilt(y, z),
        }

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Turned far enough, not tipped over."""
        done: Flags = (features["to_go"] <= TOLERANCE) & (features["tilt"] < LARGEST_TILT)
        return done

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """The angle that is missing, or the tilt that is too much."""
        turned, tilt = np.degrees(features["turned"][env]), np.degrees(features["tilt"][env])
        needed = turned + np.degrees(features["to_go"][env] - TOLERANCE)
        if features["object_position"][env, 0] < PALM_SURFACE:
            return f"the object has left the palm, turned by {turned:.0f} degrees, needed {needed:.0f}"
        if tilt >= np.degrees(LARGEST_TILT):
            return f"the object is tilted by {tilt:.0f} degrees, allowed {np.degrees(LARGEST_TILT):.0f}"
        return f"the object is turned by {turned:.0f} degrees, needed {needed:.0f}"

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Fingertips at the object's sides; angle to go and spin, the more the flatter it lies."""
        contact = _contact_goal(features["tips_at_object"], features["object_half"], SKIN_RADIUS)
        reward: Array = _reward(contact, features["to_go"], features["object_spin"][:, 0], features["tilt"])
        return reward

    def lost(self, features: Features) -> Flags:
        """Slid off the palm, or tipped onto another side."""
        fallen: Flags = (features["object_position"][:, 0] < PALM_SURFACE) | (features["tilt"] > 2 * LARGEST_TILT)
        return fallen


@lru_cache(maxsize=1)
def _start_palm() -> Pose:
    """The palm at the start; both arms have the same kinematics."""
    matrix = LinkPose(make_cell(), PALM)(np.concatenate([ARM_PALM_UP, HAND_CRADLE]))
    return Pose(matrix[:3, 3], Rotation.from_matrix(matrix[:3, :3]))


@lru_cache(maxsize=1)
def _start_palm_quaternion() -> Array:
    """Its rotation as w, x, y, z, shape (4,)."""
    return np.asarray(_start_palm().rotation.as_quat(scalar_first=True))


@of_numbers("f8(f8, f8, f8)")
def _wind(turned: float, x: float, w: float) -> float:
    """The twist of a rotation about x nearest to `turned`, so that it does not jump by a whole turn [rad]."""
    ahead = 2 * math.atan2(x, w) - turned
    return turned + ((ahead + np.pi) % (2 * np.pi) - np.pi)


@of_numbers("f8(f8, f8)")
def _tilt(y: float, z: float) -> float:
    """Angle by which a rotation tilts the x axis [rad]."""
    return 2 * math.asin(min(1.0, math.hypot(y, z)))


@of_numbers("f8(f8, f8, f8, f8)")
def _reward(contact: float, to_go: float, spin: float, tilt: float) -> float:
    """Of one step; the turn counts for nothing at the largest tilt."""
    flat = min(max(1.0 - tilt / LARGEST_TILT, 0.0), 1.0)
    goal = 1.0 / (1.0 + max(to_go, 0.0))
    return 0.2 * contact + flat * (0.3 * goal + 0.5 * min(max(spin, -1.0), 1.0))


@of_vectors("f8[:, :], f8[:], f8, f8[:]", "(f,k),(k),()->()")
def _contact_goal(tips: Array, half: Array, radius: float, goal: Array) -> None:
    """Mean closeness of fingertips, in the object's frame [m], to the nearest of the middles of its four sides."""
    total = 0.0
    for x, y, z in tips:
        ahead, aside = abs(x) - half[0], abs(y) - half[1]
        nearest = math.sqrt(min(ahead * ahead + y * y, x * x + aside * aside) + z * z)
        total += 1.0 / (1.0 + 20.0 * max(nearest - radius, 0.0))
    goal[0] = total / len(tips)
