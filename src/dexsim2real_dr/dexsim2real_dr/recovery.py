"""How well a method finds what a twin hides, from pictures of the twin alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dexsim2real_dr.adr import adr
from dexsim2real_dr.critics.critic import Array, Critic
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search
from dexsim2real_dr.simulator import Simulator
from dexsim2real_sim import PARAMETERS, Twin, Uniform
from dexsim2real_sim.randomization import Cost, Distribution, Randomization

Contender = Literal["vanilla", "adr", "random_scoring", "fm_dr"]
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
    method: Contender, twin: Twin, simulator: Simulator, truth: Simulator, config: FmDrConfig, folder: Path
) -> Recovery:
    """Run a method on pictures that `truth` takes of the twin.

    FM-DR and random scoring go on where they were interrupted in `folder`. Raises DexSim2RealError as Search does.
    """
    if method == "vanilla":
        uniform = Uniform(simulator.names)
        return Recovery(method, twin.seed, config.seed, *errors(uniform, twin), 0.0, 0, 0.0)
    critic: Critic = RandomCritic(config.seed) if method == "random_scoring" else ImageCritic()
    seen = truth.pictures(np.empty(0))
    task = simulator.poses.task
    problem = Problem(task, simulator.names, simulator.observe, critic, seen, simulator.described)
    found = _adr(problem, config) if method == "adr" else _search(problem, config, folder)
    cost, entropy = found.cost, found.entropy.nats
    return Recovery(
        method, twin.seed, config.seed, *errors(found.distribution, twin), entropy, cost.queries, cost.seconds
    )


def _search(problem: Problem, config: FmDrConfig, folder: Path) -> Randomization:
    folder.mkdir(parents=True, exist_ok=True)
    search = Search(problem, config, folder)
    while not search.finished:
        search.round()
    return search.result()


def _adr(problem: Problem, config: FmDrConfig) -> Randomization:
    """With as many queries as the search has."""
    begin, queries = time.perf_counter(), config.rounds * config.samples

    def score(values: Array) -> float:
        return float(problem.critic.score(problem.observe(values[None]), problem.references).values[0])

    box = adr(problem.names, score, queries, config.seed)
    cost = Cost(queries, time.perf_counter() - begin)
    return Randomization("adr", problem.task, box, box.entropy(), problem.critic.name, cost=cost)


def errors(distribution: Distribution, twin: Twin) -> tuple[float, float]:
    """Distance of the mean and mean distance of draws from the twin's values, over the manual ranges' widths."""
    hidden = np.array([twin.values[name] for name in distribution.names])
    widths = np.array([np.ptp(PARAMETERS[name].range) for name in distribution.names])
    drawn = distribution.sample(np.random.default_rng(0), DRAWS)
    mean = np.abs(drawn.mean(axis=0) - hidden) / widths
    draw = np.abs(drawn - hidden) / widths
    return float(mean.mean()), float(draw.mean())
