"""Pick up the peg, align it over the hole, push it down."""

from __future__ import annotations

from collections.abc import Iterator

from dexsim2real_sim.scripted.pinching import CLEARANCE, PinchScript
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.tasks.peg_insertion import DEPTH, PEG

HOVER = 0.003
"""The peg is aligned this far above the block [m]."""


class PegInsertionScript(PinchScript):
    """Pinch, lift, align by measurement over the hole, push down in steps; again if it jams."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        yield from self.take_over(env, "peg", PEG)
        while True:
            turn = yield from self.pick(env, "peg", PEG)
            yield from self._bring(env, DEPTH + CLEARANCE, turn)
            for height in (DEPTH + 0.02, *[DEPTH + HOVER] * 3, 0.02, 0.01, 0.0, -0.005):
                yield from self._bring(env, height, -float(self.env.features["turn"][env]))
            yield from self.release(env, PEG)

    def _bring(self, env: int, height: float, turn: float) -> Iterator[Move]:
        """Peg straight over the middle of the hole, its lower end at a height over the table [m]."""
        goal = self.body(env, "peg").position + self.env.features["to_goal"][env] + [0.0, 0.0, height]
        yield from self.carry(env, "peg", goal, turn)
