"""What parameters are drawn from, as the environment needs it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class ParameterSampler(Protocol):
    """Any distribution over some of the parameters; those it does not name keep their nominal value."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that are drawn, in the order of the columns of `sample`."""
        ...

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Draw `count` sets of values, shape (count, len(names))."""
        ...
