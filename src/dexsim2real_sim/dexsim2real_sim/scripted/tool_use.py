"""Scripted flip: grasp the spatula, slide it under the toast, carry it to the plate, tip it over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.scripted.wrapping import WrapScript
from dexsim2real_sim.tasks.tool_use import GRIP, HELD, TOOL_WRAP, tipping, tool_on_the_way


class ToolUseScript(WrapScript):
    """One pass; a spatula that is in the hand from the start is not grasped again."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the toast has tipped over and the blade is out of its way."""
        difficulty = self.env.world.difficulty[env]
        if difficulty >= HELD:
            yield from self.grasp(TOOL_WRAP, self.body(env, "tool"), GRIP)
        held, lift = self.held(env, "tool"), self.env.world.table_height[env]

        def bring(tool: Pose, seconds: float = 0.3) -> Move:
            return Move(tool.moved(z=lift) @ held, seconds=seconds)

        if difficulty >= HELD:
            yield bring(tool_on_the_way(HELD)[0].moved(z=0.03), seconds=2.0)
            yield bring(tool_on_the_way(HELD)[0])
        for back in np.arange(min(difficulty, HELD), 0.1, -0.05):
            yield bring(tool_on_the_way(back)[0])
        for tilt in np.radians(np.arange(0.0, 116.0, 5.0)):
            yield bring(tipping(tilt))
        yield bring(tipping(np.radians(115.0)).moved(z=0.08))
