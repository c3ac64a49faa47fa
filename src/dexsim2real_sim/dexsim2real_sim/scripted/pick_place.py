"""Pick up the object with a pinch from above and put it into the zone."""

from __future__ import annotations

from collections.abc import Iterator

from dexsim2real_sim.env import DexEnv
from dexsim2real_sim.pinch import Pinch, pinch_pose
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.starts import OPENING, SQUEEZE

CLEARANCE = 0.1
"""The object travels this far above the table [m]."""


class PickPlaceScript(Script):
    """Pinch, lift, carry, set down, release; again if it slipped."""

    def __init__(self, env: DexEnv) -> None:
        super().__init__(env)
        self.pinch = Pinch(self.kinematics)

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        while True:
            yield from self.pick(env, "object")
            if self.env.features["to_goal"][env][2] < -CLEARANCE / 2:
                way = self.env.features["to_goal"][env]
                yield Move(self.palm_target(env).moved(way[0], way[1]))
                yield Move(seconds=0.3)
                way = self.env.features["to_goal"][env]
                yield Move(self.palm_target(env).moved(way[0], way[1], way[2]), seconds=1.0)
            yield from self.release(env, "object")

    def pick(self, env: int, slot: str) -> Iterator[Move]:
        """Take the object of a slot from above and lift it."""
        world = self.env.world
        grasp, width = pinch_pose(self.body(env, slot), world.half[slot][env], bool(world.round[slot][env]))
        above = grasp.moved(z=CLEARANCE)
        yield Move(self.pinch.palm(above, width), self.pinch.hand(width, OPENING), seconds=0.8)
        yield Move(self.pinch.palm(grasp, width), seconds=0.8)
        yield Move(seconds=0.2)
        yield Move(hand=self.pinch.hand(width, squeeze=SQUEEZE), seconds=0.5)
        yield Move(self.pinch.palm(above, width), seconds=0.8)

    def release(self, env: int, slot: str) -> Iterator[Move]:
        """Open the fingers and withdraw upwards."""
        width = 2 * self.env.world.half[slot][env, 0]
        yield Move(hand=self.pinch.hand(width, OPENING), seconds=0.5)
        yield Move(self.palm_target(env).moved(z=CLEARANCE))
