"""The search: rounds of samples that are rendered and scored, and a mixture that follows the scores."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dexsim2real_dr.critics.critic import Array, Critic, Evidence, Scores, joined
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.improve import improve
from dexsim2real_dr.fm_dr.state import State, load_state
from dexsim2real_dr.fm_dr.surrogate import DifferenceSurrogate, ScoreSurrogate, Surrogate
from dexsim2real_sim.randomization import Cost, Distribution, Randomization, Round
from dexsim2real_sim.revision import git_revision

Observe = Callable[[Array], Sequence[Evidence]]
"""From sets of values of the parameters, shape (n, d), to how each looks and moves."""
DECIMALS = 4
"""Of the differences that are kept."""


@dataclass(frozen=True)
class Problem:
    """What is searched for: parameters of a task with which a critic takes the simulator for the references."""

    task: str
    names: tuple[str, ...]
    observe: Observe
    critic: Critic
    references: Evidence
    seen: str
    """How `observe` takes pictures and traces: a search must go on as it began."""

    @classmethod
    def unseen(cls, task: str, names: Sequence[str]) -> Problem:
        """For methods that do not look at anything."""
        return cls(task, tuple(names), lambda values: [Evidence()] * len(values), RandomCritic(), Evidence(), "nothing")


class Search:
    """FM-DR on one problem. Every finished round is on disk; a new object in the same folder goes on from there."""

    def __init__(self, problem: Problem, config: FmDrConfig, folder: Path) -> None:
        """Raises SearchError if the folder holds another search, UnknownNameError for parameters that are none."""
        self.problem, self.config = problem, config
        self.coding = Coding.of(problem.names, config.components)
        self._file = folder / "state.json"
        setting = _setting(problem, config)
        start = self.coding.start(np.random.default_rng([config.seed, 0])).tolist()
        self.state = load_state(self._file, setting) or State(setting, start)

    @property
    def finished(self) -> bool:
        """Whether all rounds are done."""
        return len(self.state.history) >= self.config.rounds

    def distribution(self) -> Distribution:
        """The mixture as it is now."""
        return self.coding.mixture(np.array(self.state.vector))

    def round(self, scored: Callable[[], None] = lambda: None) -> Round:
        """Draw, render and score samples, move the mixture, and write the state; calls `scored` after each sample.

        Raises CriticError, and SearchError if the critic failed on every sample; then the state stays as it was.
        """
        number = len(self.state.history) + 1
        rng = np.random.default_rng([self.config.seed, number])
        values = self.distribution().sample(rng, self.config.samples)
        scores, rendering = self._score(values, scored)
        state = self._after(values, scores, rendering)
        begin = time.perf_counter()
        seed, surrogate, config = int(rng.integers(2**31)), self._surrogate(state), self.config
        if config.polish and number == config.rounds:
            config = replace(config, generations=config.polish)
        vector = improve(self.coding, np.array(state.vector), surrogate, config, seed)
        state.vector, entropy = vector.tolist(), self.coding.mixture(vector).entropy().nats
        state.seconds["optimising"] += time.perf_counter() - begin
        good = scores.values[np.isfinite(scores.values)]
        found = Round(number, len(values), float(good.mean()), float(good.max()), entropy)
        state.history.append(found)
        state.save(self._file)
        self.state = state
        return found

    def _score(self, values: Array, scored: Callable[[], None]) -> tuple[Scores, float]:
        """Scores of all samples, and how long rendering them took [s]."""
        begin = time.perf_counter()
        seen = self.problem.observe(values)
        rendering = time.perf_counter() - begin
        each: list[Scores] = []
        for evidence in seen:
            each.append(self.problem.critic.score([evidence], self.problem.references))
            scored()
        scores = joined(each)
        if (good := int(np.isfinite(scores.values).sum())) < 2:
            raise SearchError(
                f"the critic failed on {len(values) - good} of {len(values)} samples "
                f"({scores.rationale[0]}); nothing can be learned from them, so check the critic and run again"
            )
        return scores, rendering

    def _after(self, values: Array, scores: Scores, rendering: float) -> State:
        """The state with these samples, in lists of its own."""
        old, measured = self.state, scores.differences
        new = copy.deepcopy(old)
        new.setting["rounds"] = self.config.rounds
        new.values += values.tolist()
        new.scores += [float(s) if np.isfinite(s) else None for s in scores.values]
        if measured is not None:
            new.differences += np.round(measured.values, DECIMALS).tolist()
            new.weights = measured.weights.tolist()
        new.seconds["rendering"] += rendering
        new.seconds["scoring"] += scores.seconds
        new.queries += scores.queries
        return new

    def _surrogate(self, state: State) -> Surrogate:
        points, scores = state.scored()
        measured, unit = state.measured(), self.coding.unit(points)
        if measured is not None and self.config.measured:
            return DifferenceSurrogate(unit, measured)
        return ScoreSurrogate(unit, scores)

    def result(self) -> Randomization:
        """The distribution with its history, to be saved as randomization.yaml."""
        state, distribution = self.state, self.distribution()
        return Randomization(
            "fm_dr" if self.problem.critic.name != "random" else "random_scoring",
            self.problem.task,
            distribution,
            distribution.entropy(),
            self.problem.critic.name,
            tuple(state.history),
            Cost(state.queries, sum(state.seconds.values())),
            (self.config.seed,),
            git_revision(),
        )


def best_values(state: State, names: Sequence[str]) -> dict[str, float]:
    """The sample with the highest score, by parameter."""
    values, scores = state.scored()
    return dict(zip(names, values[int(np.argmax(scores))].tolist(), strict=True))


def _setting(problem: Problem, config: FmDrConfig) -> dict[str, Any]:
    return {
        "task": problem.task,
        "parameters": list(problem.names),
        "critic": problem.critic.name,
        "references": problem.references.digest,
        "pictures": problem.seen,
        **asdict(config),
    }
