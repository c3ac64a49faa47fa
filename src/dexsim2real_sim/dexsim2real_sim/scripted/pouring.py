"""Scripted pouring: wrap the hand around the cup, lift, carry, tilt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.scripted.wrapping import WrapScript
from dexsim2real_sim.tasks.pouring import CUP_WRAP, HELD, pouring_post
from dexsim2real_sim.wrap import HEADING

CLEARANCE = 0.14
"""The cup is lifted by this much [m]."""


class PouringScript(WrapScript):
    """One pass; a cup that is in the hand from the start is not grasped again."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the cup has been tilted over the bowl as far as it goes."""
        if self.env.world.difficulty[env] >= HELD:
            cup = self.body(env, "cup").position
            yield from self.grasp(CUP_WRAP, Pose(cup, HEADING), CLEARANCE)
        held, lift = self.held(env, "cup"), self.env.world.table_height[env]
        for tilt in np.radians(np.arange(0.0, 121.0, 10.0)):
            yield Move(pouring_post(tilt).moved(z=lift) @ held, seconds=0.5)
