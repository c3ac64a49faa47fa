"""When parameters are drawn: once per episode, or anew with every frame of a camera."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters import PARAMETERS, names_of
from dexsim2real_sim.randomization.distribution import Array, Distribution, Entropy
from dexsim2real_sim.sampling import ParameterSampler

Choice = Literal["registry", "episode", "frame"]
PICTURED: tuple[str, ...] = (
    *names_of(["lighting", "background", "distractors", "camera_pose"]),
    "image_noise",
    "depth_noise",
)
"""Parameters that only pictures show; physics would feel all others change."""
_DISTRACTORS = frozenset(names_of(["distractors"]))


class Granular:
    """A distribution of which some parameters are drawn anew for every frame, all others once per episode.

    Without it, the registry's `granularity` decides. Immutable.
    """

    def __init__(self, of: Distribution, frame: Iterable[str]) -> None:
        """`frame` names the parameters of `of` that change with every frame.

        Raises SimError for one that it does not draw, that physics feels, or for some distractors without the others.
        """
        if isinstance(of, Granular):
            raise SimError("a granular distribution is inside another one; name all parameters in one")
        self.of, self.names = of, of.names
        self.frame = frozenset(frame)
        for name in sorted(self.frame):
            if name not in of.names or name not in PICTURED:
                wrong = "is not drawn at all" if name not in of.names else "is felt by physics"
                raise SimError(
                    f"parameter {name} {wrong} and cannot change with every frame; "
                    f"choose from {', '.join(n for n in of.names if n in PICTURED) or 'none here'}"
                )
        ours = _DISTRACTORS & set(of.names)
        if self.frame & ours and not ours <= self.frame:  # which they are decides what size and colour act on
            raise SimError(f"distractors change with every frame all or none: name all of {', '.join(sorted(ours))}")

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw `count` sets of values, shape (count, len(names))."""
        return self.of.sample(rng, count)

    def log_prob(self, values: Array) -> Array:
        """Log density over the uniform one's [nats], shape (n,), of values shape (n, len(names))."""
        return self.of.log_prob(values)

    def entropy(self) -> Entropy:
        """That of what is drawn, whenever it is drawn."""
        return self.of.entropy()


def frame_parameters(sampler: ParameterSampler | None) -> frozenset[str]:
    """The parameters that a camera is to draw for every frame: the sampler's choice, or else the registry's."""
    if isinstance(sampler, Granular):
        return sampler.frame
    return frozenset(name for name, p in PARAMETERS.items() if p.granularity == "frame")


def chosen_granularity(of: Distribution, granularity: Choice) -> Distribution:
    """`of` with all parameters that only pictures show drawn so; as the registry has it for `registry`."""
    if granularity == "registry":
        return of
    return Granular(of, set(PICTURED) & set(of.names) if granularity == "frame" else ())
