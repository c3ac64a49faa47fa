"""What scripts that grasp from the side share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.base import Array
from dexsim2real_sim.wrap import ARM_BESIDE, Wrap

ASIDE = 0.08
"""The palm comes to this far from a post first, so that the fingers pass beside it [m]."""
GAP = 0.006
"""Between palm and post before the fingers close [m]."""


class WrapScript(Script):
    """A script that wraps the hand around an upright post."""

    nominal: ClassVar[Array] = ARM_BESIDE

    def grasp(self, wrap: Wrap, post: Pose, lift: float) -> Iterator[Move]:
        """Take a post and lift it [m]."""
        palm = wrap.palm(post)
        yield Move(palm.moved(x=-ASIDE), wrap.open, seconds=1.0)
        yield Move(palm.moved(x=-GAP), seconds=0.5)
        yield Move(hand=wrap.across, seconds=0.5)
        yield Move(hand=wrap.closed, seconds=1.0)
        yield Move(seconds=0.3)
        yield Move(palm.moved(x=-GAP, z=lift))

    def held(self, env: int, body: str) -> Pose:
        """The palm in the frame of the body that it holds."""
        return self.body(env, body).inverse() @ self.palm(env)
