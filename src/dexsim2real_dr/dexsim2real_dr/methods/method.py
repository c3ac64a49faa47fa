"""The interface of the baselines: a distribution within a budget of questions to a critic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from dexsim2real_dr.critics.critic import Array
from dexsim2real_sim.randomization import Distribution

Ask = Callable[[Array], Array]
"""From sets of values, shape (n, d), to their scores, 1 to 10, nan where the critic failed, shape (n,)."""


class Method(Protocol):
    """A way to a distribution over `names`."""

    def __call__(self, names: Sequence[str], ask: Ask, queries: int, seed: int) -> Distribution:
        """Ask at most so many questions; with the same seed and scores, the same ones and the same result.

        Raises UnknownNameError for a parameter that does not exist, SearchError if the budget is too small.
        """
        ...
