"""Automatic domain randomisation: an interval per parameter that grows and shrinks at its ends.

Akkaya et al., "Solving Rubik's Cube with a Robot Hand" (2019), section 5: performance is measured with one parameter
held at an end of its interval, and that end moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization.distribution import Array, Box, Entropy

End = Literal["low", "high"]


@dataclass(frozen=True)
class BoundaryDraw:
    """One set of values with one parameter at an end of its interval."""

    values: Array
    """Shape (d,)."""
    name: str
    end: End


class AdrBox:
    """Uniform over an interval of each parameter, independently. Immutable: `moved` returns another one."""

    def __init__(self, names: Sequence[str], low: ArrayLike, high: ArrayLike) -> None:
        """Ends in the parameters' units, shape (d,). Raises as Box does."""
        self._box = Box(names, low, high)
        self.names, self.low, self.high = self._box.names, self._box.low, self._box.high

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw `count` sets of values, shape (count, len(names))."""
        return rng.uniform(self.low, self.high, (count, len(self.names)))

    def sample_boundary(self, rng: np.random.Generator) -> BoundaryDraw:
        """One set with one parameter, chosen at random, at its low or high end (algorithm 1 of the paper)."""
        which, end = int(rng.integers(len(self.names))), "high" if rng.random() < 0.5 else "low"
        values = self.sample(rng, 1)[0]
        values[which] = (self.high if end == "high" else self.low)[which]
        return BoundaryDraw(values, self.names[which], "high" if end == "high" else "low")

    def moved(self, name: str, end: End, step: float) -> AdrBox:
        """With one end moved outwards by `step`, inwards if negative, as far as bounds and the other end allow.

        Raises UnknownNameError for a parameter that is none.
        """
        p, which = parameter(name), self.names.index(name)
        low, high = self.low.copy(), self.high.copy()
        least = 1e-3 * (p.range[1] - p.range[0])  # an interval without width has no density
        if end == "low":
            low[which] = np.clip(low[which] - step, p.bounds[0], high[which] - least)
        else:
            high[which] = np.clip(high[which] + step, low[which] + least, p.bounds[1])
        return AdrBox(self.names, low, high)

    def log_prob(self, values: Array) -> Array:
        """Log density over the uniform one's [nats], shape (n,), of values shape (n, len(names))."""
        return self._box.uniform_log_prob(values)

    def entropy(self) -> Entropy:
        """Sum of the logarithms of the widths over the manual ranges', exact."""
        return Entropy(self._box.log_volume)
