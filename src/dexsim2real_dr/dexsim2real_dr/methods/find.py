"""Every method by name, run on one problem with one budget."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np

from dexsim2real_description import UnknownNameError
from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search
from dexsim2real_dr.methods.adr import adr
from dexsim2real_dr.methods.answers import Answers
from dexsim2real_dr.methods.bayesian import bayesian
from dexsim2real_dr.methods.dextreme import dextreme
from dexsim2real_dr.methods.dreureka import Choose, dreureka
from dexsim2real_dr.methods.method import Method
from dexsim2real_dr.methods.vanilla import vanilla
from dexsim2real_sim.randomization import Cost, Randomization, Round
from dexsim2real_sim.randomization.method import Method as Name
from dexsim2real_sim.revision import git_revision

BASELINES: dict[Name, Method] = {
    "vanilla": vanilla, "adr": adr, "dreureka": dreureka, "dextreme": dextreme, "bayesian": bayesian,
}  # fmt: skip
SEARCHES: tuple[Name, ...] = ("fm_dr", "random_scoring")
SILENT: tuple[Name, ...] = ("vanilla", "dextreme")
"""Those that ask nothing."""
METHODS: tuple[Name, ...] = tuple(name for name in get_args(Name) if name in BASELINES or name in SEARCHES)
Scored = Callable[[], None]


def find(
    name: Name,
    problem: Problem,
    config: FmDrConfig,
    folder: Path,
    choose: Choose | None = None,
    scored: Scored = lambda: None,
) -> Randomization:
    """The distribution that a method finds, asking `config.rounds` times `config.samples` questions at most.

    `choose` picks ranges for DrEureka. Goes on in `folder` where it was interrupted; `scored` is called after each
    sample. Raises UnknownNameError for a method that does not exist, DexSim2RealError as the methods do.
    """
    if name in SEARCHES:
        search = make_search(name, problem, config, folder)
        while not search.finished:
            search.round(scored)
        return search.result()
    if name not in BASELINES:
        raise UnknownNameError("method", name, METHODS)
    if name in SILENT:
        distribution = BASELINES[name](problem.names, _nothing, 0, config.seed)
        entropy = distribution.entropy()
        return Randomization(name, problem.task, distribution, entropy, seeds=(config.seed,), revision=git_revision())
    method = functools.partial(dreureka, choose=choose) if name == "dreureka" else BASELINES[name]
    queries, begin = config.rounds * config.samples, time.perf_counter()
    answers = Answers(problem, {"method": name, "queries": queries, "seed": config.seed}, folder, scored)
    distribution = method(problem.names, answers.ask, queries, config.seed)
    entropy, seconds = distribution.entropy(), time.perf_counter() - begin
    history = _history(answers, config.samples, entropy.nats)
    cost = Cost(answers.queries, max(seconds, answers.seconds))
    return Randomization(
        name, problem.task, distribution, entropy, problem.critic.name, history, cost, (config.seed,), git_revision()
    )


def make_search(name: Name, problem: Problem, config: FmDrConfig, folder: Path) -> Search:
    """FM-DR with the problem's critic, or with random marks. Raises as Search does."""
    if name == "random_scoring":
        critic = RandomCritic(config.seed)
        problem = Problem(problem.task, problem.names, problem.observe, critic, problem.references, problem.seen)
    return Search(problem, config, folder)


def _nothing(values: Array) -> Array:
    """Answers to those that ask nothing."""
    raise NotImplementedError


def _history(answers: Answers, size: int, entropy: float) -> tuple[Round, ...]:
    """Scores in groups as large as a search's rounds; their entropy is that of the result."""
    groups = [answers.scores[i : i + size] for i in range(0, len(answers.scores), size)]
    rounds = []
    for number, group in enumerate(groups, 1):
        if good := [score for score in group if score is not None]:
            rounds.append(Round(number, len(group), float(np.mean(good)), max(good), entropy))
    return tuple(rounds)
