"""How well a method finds what a twin hides, from pictures of the twin alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dexsim2real_dr.critics.critic import Critic
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search
from dexsim2real_dr.simulator import Simulator
from dexsim2real_sim import PARAMETERS, Twin, Uniform
from dexsim2real_sim.randomization import Distribution

Contender = Literal["vanilla", "random_scoring", "fm_dr"]
DRAWS = 4000


@dataclass(frozen=True)
class Recovery:
    """What one method found about one twin."""

    method: Contender
    twin: int
    seed: int
    mean_error: float
    """Of the distribution's mean, over the manual range's width, mean over parameters."""
    draw_error: float
    """The same of a draw: also counts how wide the distribution is."""
    entropy: float
    """Over uniform [nats]."""
    queries: int
    seconds: float


def recover(
    method: Contender, twin: Twin, simulator: Simulator, truth: Simulator, config: FmDrConfig, folder: Path,
    scored: Callable[[], None] = lambda: None,
) -> Recovery:  # fmt: skip
    """Run a method on pictures that `truth` takes of the twin; goes on where it was interrupted in `folder`.

    Raises DexSim2RealError as Search does.
    """
    names, task = simulator.names, simulator.poses.task
    if method == "vanilla":
        uniform = Uniform(names)
        return Recovery(method, twin.seed, config.seed, *errors(uniform, twin), 0.0, 0, 0.0)
    critic: Critic = ImageCritic() if method == "fm_dr" else RandomCritic(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    search = Search(Problem(task, names, simulator.pictures, critic, truth.pictures(np.empty(0))), config, folder)
    while not search.finished:
        search.round(scored)
    found = search.result()
    mean, draw = errors(found.distribution, twin)
    cost = found.cost
    return Recovery(method, twin.seed, config.seed, mean, draw, found.entropy.nats, cost.queries, cost.seconds)


def errors(distribution: Distribution, twin: Twin) -> tuple[float, float]:
    """Distance of the mean and mean distance of draws from the twin's values, over the manual ranges' widths."""
    hidden = np.array([twin.values[name] for name in distribution.names])
    widths = np.array([np.ptp(PARAMETERS[name].range) for name in distribution.names])
    drawn = distribution.sample(np.random.default_rng(0), DRAWS)
    mean = np.abs(drawn.mean(axis=0) - hidden) / widths
    draw = np.abs(drawn - hidden) / widths
    return float(mean.mean()), float(draw.mean())
