"""What the parameters of training episodes are drawn from."""

from __future__ import annotations

from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_sim import PARAMETERS, ParameterSampler, Uniform, load_randomization, names_of

VISUAL = frozenset({"background", "lighting", "distractors", "camera_pose"})
"""Factors that only images show."""


def make_sampler(config: TrainConfig) -> ParameterSampler:
    """The distribution of the randomization file; without one, uniform over all that is not about looks.

    Raises DexSim2RealError for a file that is not one.
    """
    if config.randomization is not None:
        return load_randomization(config.randomization).distribution
    factors = {p.factor for p in PARAMETERS.values()} - VISUAL
    return Uniform(names_of(factors))
