"""Pick up the object with a pinch from above and put it into the zone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_sim.objects import OBJECTS
from dexsim2real_sim.pinch import Pinch
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move, Script

CLEARANCE = 0.12
"""The object travels this far above the table [m]."""
OPENING = 0.03
"""The fingers come down this much wider than the object [m]."""
SQUEEZE = 0.03
"""The fingers' targets close to this much less than the object's width [m]."""
YAW = np.radians(-75.0)
"""Closing direction in the world in which the arm is furthest from its limits [rad]."""


class PickPlaceScript(Script):
    """Pinch, lift, carry, set down, release; again if it slipped."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        while True:
            pinch = Pinch(self.kinematics, 2 * self.env.world.half["object"][env, 0])
            grasp = self._grasp(env)
            opened, closed = pinch.hand(pinch.width + OPENING), pinch.hand(pinch.width - SQUEEZE)
            yield Move(pinch.palm(grasp.moved(z=CLEARANCE)), opened, seconds=1.0)
            yield Move(pinch.palm(grasp), seconds=0.6)
            yield Move(hand=closed, seconds=0.5)
            yield Move(seconds=0.2)
            before = self.body(env, "object").position[2]
            yield Move(self.palm_target(env).moved(z=CLEARANCE))
            if self.body(env, "object").position[2] < before + CLEARANCE / 2:
                yield Move(hand=opened)
                continue
            way = self.env.features["to_goal"][env]
            yield Move(self.palm_target(env).moved(way[0], way[1]))
            way = self.env.features["to_goal"][env]
            yield Move(self.palm_target(env).moved(*way))
            yield Move(hand=opened)
            yield Move(self.palm_target(env).moved(z=CLEARANCE))

    def _grasp(self, env: int) -> Pose:
        """Where to pinch: at the middle, or higher up where the object would touch the palm."""
        name = self.env.starter.object_names[env]["object"]
        return grasp_pose(self.body(env, "object"), OBJECTS[name].kind, self.env.world.half["object"][env])


def grasp_pose(body: Pose, kind: str, half: np.ndarray) -> Pose:
    """Grasp frame in the world for an upright object of half extents `half` [m], shape (3,)."""
    position = body.position.copy()
    position[2] += max(0.0, half[2] - ROOM)
    if kind != "box":
        return Pose(position, Rotation.from_euler("z", YAW))
    yaw = body.rotation.as_euler("ZYX")[0]
    turns = yaw + np.arange(-4, 5) * (np.pi / 2 if half[0] == half[1] else np.pi)
    return Pose(position, Rotation.from_euler("z", turns[np.abs(turns - YAW).argmin()]))


ROOM = 0.07
"""Between the pinch and the palm, for the object's upper part [m]."""
