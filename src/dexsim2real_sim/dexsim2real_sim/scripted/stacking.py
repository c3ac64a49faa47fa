"""Pick up one cube and put it onto the other."""

from __future__ import annotations

from collections.abc import Iterator

from dexsim2real_sim.scripted.pinching import CLEARANCE, PinchScript
from dexsim2real_sim.scripted.script import Move


class StackingScript(PinchScript):
    """Pinch, lift over the base, measure, correct, set down, release, wait; again if it does not stand."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        model = self.env.starter.objects[env]["top"]
        yield from self.take_over(env, "top", model)
        while True:
            yield from self.pick(env, "top", model)
            for height in (CLEARANCE, 0.01, 0.0):
                goal = self.body(env, "top").position - self.env.features["offset"][env]
                yield from self.carry(env, "top", goal + [0.0, 0.0, height])
            yield from self.release(env, model)
            yield Move(seconds=self.env.task.hold + 0.5)
