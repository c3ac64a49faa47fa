"""Pick up the peg, align it over the hole, push it down."""

from __future__ import annotations

from collections.abc import Iterator

from dexsim2real_sim.scripted.pinching import CLEARANCE, PinchScript
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.tasks.peg_insertion import DEPTH, PEG

HOVER = 0.003
"""The peg is aligned this far above the block [m]."""


class PegInsertionScript(PinchScript):
    """Pinch, lift, align by measurement until it fits, push; again if it jams."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        while True:
            yield from self.pick(env, "peg", PEG)
            for height in (CLEARANCE, 0.02, HOVER, HOVER, HOVER):
                yield from self._align(env, DEPTH + height)
            for height in (0.02, 0.01, 0.0, -0.005):
                yield from self._align(env, height)
            yield from self.release(env, PEG)

    def _align(self, env: int, height: float) -> Iterator[Move]:
        """Peg straight over the middle of the hole, its lower end at a height over the table [m]."""
        way, turn = self.env.features["to_goal"][env], float(self.env.features["turn"][env])
        position = self.body(env, "peg").position
        goal = position + way
        goal[2] = position[2] + way[2] + height
        yield from self.carry(env, "peg", goal, -turn)
