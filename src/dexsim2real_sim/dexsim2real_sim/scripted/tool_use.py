"""Scripted flip: grasp the spatula, slide it under the toast, carry it to the plate, tip it over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.base import Array
from dexsim2real_sim.tasks.tool_use import GRIP, TOOL_WRAP, tipping, tool_on_the_way
from dexsim2real_sim.wrap import ARM_BESIDE

GAP = 0.006
"""Between palm and handle before the fingers close [m]."""

ASIDE = 0.08
"""The palm comes to this far from the handle first, so that the fingers pass beside it [m]."""


class ToolUseScript(Script):
    """One pass; a spatula that is in the hand from the start is not grasped again."""

    nominal: ClassVar[Array] = ARM_BESIDE

    def plan(self, env: int) -> Iterator[Move]:
        """Until the toast has tipped over and the blade is out of its way."""
        difficulty = self.env.world.difficulty[env]
        if difficulty >= 0.6:
            yield from self._grasp(self.body(env, "tool"))
        held = self.body(env, "tool").inverse() @ self.palm(env)
        lift = self.env.world.table_height[env]

        def bring(tool: Pose, seconds: float = 0.3) -> Move:
            return Move(tool.moved(z=lift) @ held, seconds=seconds)

        if difficulty >= 0.6:
            yield bring(tool_on_the_way(0.6)[0].moved(z=0.03), seconds=2.0)
            yield bring(tool_on_the_way(0.6)[0])
        for back in np.arange(min(difficulty, 0.6), 0.1, -0.05):
            yield bring(tool_on_the_way(back)[0])
        for tilt in np.radians(np.arange(0.0, 116.0, 5.0)):
            yield bring(tipping(tilt))
        yield bring(tipping(np.radians(115.0)).moved(z=0.08))

    def _grasp(self, tool: Pose) -> Iterator[Move]:
        palm = TOOL_WRAP.palm(tool)
        yield Move(palm.moved(x=-ASIDE), TOOL_WRAP.open, seconds=1.0)
        yield Move(palm.moved(x=-GAP), seconds=0.5)
        yield Move(hand=TOOL_WRAP.across, seconds=0.5)
        yield Move(hand=TOOL_WRAP.closed, seconds=1.0)
        yield Move(seconds=0.3)
        yield Move(palm.moved(x=-GAP, z=GRIP))
