"""Several distributions side by side: what a search has found, and manual ranges for all that it did not look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.randomization.distribution import Array, Distribution, Entropy, check_names
from dexsim2real_sim.randomization.granular import Granular
from dexsim2real_sim.randomization.uniform import Uniform


class Independent:
    """Distributions over different parameters, each drawn on its own. Immutable."""

    def __init__(self, parts: Sequence[Distribution]) -> None:
        """Raises SimError unless there is a part, none granular, and every parameter is in one part only."""
        self.parts = tuple(parts)
        if any(isinstance(part, Granular) for part in self.parts):
            raise SimError("a granular distribution stands beside others; it must be around all of them")
        self.names = tuple(name for part in self.parts for name in part.names)
        check_names(self.names)
        self._ends = np.cumsum([len(part.names) for part in self.parts])[:-1]

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw `count` sets of values, shape (count, len(names))."""
        return np.concatenate([part.sample(rng, count) for part in self.parts], axis=1)

    def log_prob(self, values: Array) -> Array:
        """Log density over the uniform one's [nats], shape (n,), of values shape (n, len(names))."""
        columns = np.split(values, self._ends, axis=1)
        total: Array = np.sum([part.log_prob(own) for part, own in zip(self.parts, columns, strict=True)], axis=0)
        return total

    def entropy(self) -> Entropy:
        """Sum of the parts' entropies."""
        found = [part.entropy() for part in self.parts]
        error = np.sqrt(sum(each.standard_error**2 for each in found))
        return Entropy(sum(each.nats for each in found), float(error))


def with_manual_ranges(found: Distribution) -> Distribution:
    """`found`, and beside it the manual ranges of every parameter that it does not draw."""
    rest = [name for name, each in PARAMETERS.items() if name not in found.names and not each.frozen]
    return Independent([found, Uniform(rest)]) if rest else found
