"""Scripted pouring: wrap the hand around the cup, lift, carry, tilt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.base import Array
from dexsim2real_sim.tasks.pouring import CUP_WRAP, pouring_post
from dexsim2real_sim.wrap import ARM_BESIDE, HEADING

GAP = 0.006
"""Between palm and cup before the fingers close [m]."""

ASIDE = 0.08
"""The palm comes to this far from the cup first, so that the fingers pass beside it [m]."""


class PouringScript(Script):
    """Grasp from the side, lift, carry the upright cup next to the bowl, tilt it over the bowl."""

    nominal: ClassVar[Array] = ARM_BESIDE

    def plan(self, env: int) -> Iterator[Move]:
        """One pass; a cup that is in the hand from the start is not grasped again."""
        if self.env.world.difficulty[env] >= 0.5:
            post = Pose(self.body(env, "cup").position, HEADING)
            yield Move(CUP_WRAP.palm(post.moved(x=-ASIDE)), CUP_WRAP.open, seconds=1.0)
            yield Move(CUP_WRAP.palm(post.moved(x=-GAP)), seconds=0.5)
            yield Move(hand=CUP_WRAP.across, seconds=0.5)
            yield Move(hand=CUP_WRAP.closed, seconds=1.0)
            yield Move(seconds=0.3)
            yield Move(self.palm_target(env).moved(z=0.14))
        held = self.body(env, "cup").inverse() @ self.palm(env)
        lift = self.env.world.table_height[env]
        for tilt in np.radians(np.arange(0.0, 121.0, 10.0)):
            yield Move(pouring_post(tilt).moved(z=lift) @ held, seconds=0.5)
