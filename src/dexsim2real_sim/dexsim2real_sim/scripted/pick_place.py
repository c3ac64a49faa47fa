"""Pick up the object with a pinch from above and put it into the zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from dexsim2real_sim.scripted.pinching import CLEARANCE, PinchScript
from dexsim2real_sim.scripted.script import Move


class PickPlaceScript(PinchScript):
    """Pinch, lift, carry, set down, release; again if it slipped."""

    grip: ClassVar[float] = 6.0
    """At the thumb's torque limit: a learner that squeezes less than it was shown still holds the heaviest."""

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        model = self.env.starter.objects[env]["object"]
        yield from self.take_over(env, "object", model)
        while True:
            turn = yield from self.pick(env, "object", model)
            position, way = self.body(env, "object").position, self.env.features["to_goal"][env]
            if way[2] < -CLEARANCE / 2:
                goal = position + way
                yield from self.carry(env, "object", np.array([goal[0], goal[1], position[2]]), turn)
                yield from self.carry(env, "object", goal, seconds=0.8)
            yield from self.release(env, model)
