"""Vanilla domain randomisation: the manual ranges as they are, and no question asked."""

from __future__ import annotations

from collections.abc import Sequence

from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.randomization import Distribution, Uniform


def vanilla(names: Sequence[str], ask: Ask, queries: int, seed: int) -> Distribution:
    """Uniform over the manual ranges."""
    return Uniform(names)
