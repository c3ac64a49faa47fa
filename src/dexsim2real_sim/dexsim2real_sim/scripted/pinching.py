"""What scripts that pinch share: pick up, carry, let go."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description.hand import SKIN_RADIUS
from dexsim2real_sim.env import DexEnv
from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pinch import (
    ARM_BETWEEN,
    ARM_OVER,
    PINCHING,
    STRONG_THUMB,
    YAW,
    Pinch,
    arm_over,
    closing,
    pinch_markers,
    pinch_pose,
)
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.starts import OPENING

Array = NDArray[np.float64]

CLEARANCE = 0.1
"""Objects travel this far above where they stood, and the empty hand above where it let go [m]."""
_WRIST = 4
"""The arm joint that tells by its sign which way the wrist is turned."""
CLEAR = 0.01
"""An object this far above the table is in the air [m]."""
CARRYING = 0.12
"""Mean speed of an object over the table, at most [m/s]: a tall one hangs between the fingers and must not swing."""
_ASTRAY = 0.01
"""How far fingertips may be from where they open around an object, to be around it [m]."""
SETTLING = 0.5
"""The arm follows its targets with a lag of 0.1 s; after this it has caught up [s]."""


class PinchScript(Script):
    """A script that handles objects with a pinch from above."""

    nominal: ClassVar[Array] = ARM_OVER
    grip: ClassVar[float] = 4.0
    """How hard it pinches [N]: the same for all objects, since who learns from it cannot see what an object weighs."""

    def __init__(self, env: DexEnv) -> None:
        super().__init__(env)
        self.pinch = Pinch(self.kinematics, STRONG_THUMB)

    def pick(self, env: int, body: str, model: ObjectModel) -> Generator[Move, None, float]:
        """Take a body, which is such an object, from above and lift it; one between the fingers is pinched as it is.

        Returns by how much it may be turned to where the arm reaches furthest [rad].
        """
        grasp, width = pinch_pose(self.body(env, body), model.half, model.kind != "box")
        if self.holds(env, body, model) or self.around(env, body, model):
            grasp = Pose(grasp.position, closing(self.palm_target(env)))
            above = self.palm_target(env).moved(z=CLEARANCE - self._height(env, body, model))
        else:
            above = self.pinch.palm(grasp.moved(z=CLEARANCE), width)
            yield from self.approach(env, above, self.pinch.hand(width, OPENING), arm_over(grasp))
            yield Move(self.pinch.palm(grasp, width), seconds=0.8)
            yield Move(seconds=0.2)
        yield Move(hand=self.pinch.hand(width, squeeze=self.grip), seconds=0.5)
        yield Move(above, seconds=0.8)
        yaw = float(grasp.rotation.as_rotvec()[2])
        return math.copysign(YAW, yaw) - yaw

    def take_over(self, env: int, body: str, model: ObjectModel) -> Iterator[Move]:
        """What a plan that begins in the midst of an episode begins with: away from what is in the hand's way.

        A hand that holds the body, or is around it, or over it, goes on from there as it would in a plan of its own.
        """
        useful = self.holds(env, body, model) or self.around(env, body, model) or self._over(env, body, model)
        if self.env.steps[env] and not useful:
            yield from self.release(env, model)

    def holds(self, env: int, body: str, model: ObjectModel) -> bool:
        """Whether thumb and fingers hold a body, which is such an object, clear of what it stood on."""
        index, middle, _, thumb = self.env.sim.touching[env]
        return bool(thumb and (index or middle)) and self._height(env, body, model) > CLEAR

    def around(self, env: int, body: str, model: ObjectModel) -> bool:
        """Whether thumb and fingers are open around a body, which is such an object, or closed on it."""
        sim = self.env.sim
        is_round = np.array([model.kind != "box"])
        markers = pinch_markers(sim.pose(body)[env : env + 1], model.half[None], is_round)[0]
        gaps = np.linalg.norm(markers - sim.tip_middles[env, PINCHING], axis=1)
        return bool((gaps < SKIN_RADIUS + OPENING / 2 + _ASTRAY).all())

    def _over(self, env: int, body: str, model: ObjectModel) -> bool:
        """Whether all fingertips are higher than a body, which is such an object."""
        top = self._height(env, body, model) + self.env.world.table_height[env] + 2 * self._reach(env, body, model)
        return bool(self.env.sim.tip_middles[env, :, 2].min() > top + SKIN_RADIUS)

    def _height(self, env: int, body: str, model: ObjectModel) -> float:
        """Of a body's lowest point over the table, for a box that just contains it [m]."""
        below = self.body(env, body).position[2] - self._reach(env, body, model)
        return float(below - self.env.world.table_height[env])

    def _reach(self, env: int, body: str, model: ObjectModel) -> float:
        """Half of a body's height as it lies, for a box that just contains it [m]."""
        return float(np.abs(self.body(env, body).rotation.as_matrix()[2]) @ model.half)

    def approach(self, env: int, palm: Pose, hand: Array, over: Array) -> Iterator[Move]:
        """Bring the empty hand to where a grasp begins, with hand joints [rad], shape (16,).

        `over` are arm joints [rad], shape (7,), from which the palm's pose is near.
        """
        if over[_WRIST] * self.env.target[env, _WRIST] < 0:  # the wrist is turned the other way
            yield Move(arm=ARM_BETWEEN)
            yield Move(arm=over)
        yield Move(palm, hand, seconds=0.8)

    def carry(self, env: int, body: str, goal: Array, yaw: float = 0.0, seconds: float = 0.3) -> Iterator[Move]:
        """Bring the held body's middle to a point in the world [m], shape (3,), and come to rest there.

        It is made to stand upright and turned by `yaw` [rad].
        """
        held = self.body(env, body)
        target = Pose(goal, Rotation.from_euler("z", yaw) * upright_turn(held) * held.rotation)
        way = float(np.linalg.norm(goal - held.position))
        yield Move(target @ held.inverse() @ self.palm_target(env), seconds=max(seconds, way / CARRYING))
        yield Move(seconds=SETTLING)

    def release(self, env: int, model: ObjectModel) -> Iterator[Move]:
        """Let go of an object and withdraw upwards."""
        yield Move(hand=self.pinch.hand(model.extent[0], OPENING), seconds=0.5)
        yield Move(self.palm_target(env).moved(z=CLEARANCE))


def upright_turn(body: Pose) -> Rotation:
    """The shortest turn in the world that makes the most vertical of a body's axes exactly vertical."""
    axes = body.rotation.as_matrix()
    axis = axes[:, np.abs(axes[2]).argmax()]
    axis = axis * np.sign(axis[2])
    turn = np.cross(axis, [0.0, 0.0, 1.0])
    sine = float(np.linalg.norm(turn))
    return Rotation.from_rotvec(turn * (np.arcsin(sine) / sine if sine > 1e-9 else 0.0))
