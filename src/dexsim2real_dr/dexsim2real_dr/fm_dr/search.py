"""The search: rounds of samples that are rendered and scored, and a mixture that follows the scores."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dexsim2real_dr.critics.critic import Array, Critic, Pictures, Scores
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.improve import improve
from dexsim2real_dr.fm_dr.state import State, load_state
from dexsim2real_dr.fm_dr.surrogate import Surrogate
from dexsim2real_sim.randomization import Cost, Distribution, Randomization, Round
from dexsim2real_sim.revision import git_revision

Render = Callable[[Array], Pictures]
"""From values of the parameters, shape (d,), to pictures."""


@dataclass(frozen=True)
class Problem:
    """What is searched for: parameters of a task whose pictures a critic takes for the references."""

    task: str
    names: tuple[str, ...]
    render: Render
    critic: Critic
    references: Pictures
    seen: str
    """How `render` takes the pictures: a search must go on as it began."""


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
        scores, spent = self._score(values, scored)
        state = self._after(values, scores, spent)
        begin = time.perf_counter()
        points, known = state.scored()
        surrogate = Surrogate(self.coding.unit(points), known)
        seed = int(rng.integers(2**31))
        state.vector = improve(self.coding, np.array(state.vector), surrogate, self.config, seed).tolist()
        state.seconds["optimising"] += time.perf_counter() - begin
        entropy = self.coding.mixture(np.array(state.vector)).entropy().nats
        good = scores[np.isfinite(scores)]
        found = Round(number, len(values), float(good.mean()), float(good.max()), entropy)
        state.history.append(found)
        state.save(self._file)
        self.state = state
        return found

    def _score(self, values: Array, scored: Callable[[], None]) -> tuple[Array, tuple[float, float, int]]:
        """Scores (n,), and what they cost: rendering [s], scoring [s], queries."""
        results: list[Scores] = []
        rendering = 0.0
        for row in values:
            begin = time.perf_counter()
            pictures = self.problem.render(row)
            rendering += time.perf_counter() - begin
            results.append(self.problem.critic.score([pictures], self.problem.references))
            scored()
        scores = np.concatenate([result.values for result in results])
        if np.isfinite(scores).sum() < 2:
            raise SearchError(
                f"the critic failed on {int((~np.isfinite(scores)).sum())} of {len(scores)} samples "
                f"({results[0].rationale[0]}); nothing can be learned from them, so check the critic and run again"
            )
        return scores, (rendering, sum(r.seconds for r in results), sum(r.queries for r in results))

    def _after(self, values: Array, scores: Array, spent: tuple[float, float, int]) -> State:
        """The state with these samples, in lists of its own."""
        old = self.state
        kept = [float(s) if np.isfinite(s) else None for s in scores]
        seconds = {
            "rendering": old.seconds["rendering"] + spent[0],
            "scoring": old.seconds["scoring"] + spent[1],
            "optimising": old.seconds["optimising"],
        }
        return State(
            {**old.setting, "rounds": self.config.rounds},
            old.vector,
            old.values + values.tolist(),
            old.scores + kept,
            list(old.history),
            seconds,
            old.queries + spent[2],
        )

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
        "references": hashlib.sha256(problem.references.images.tobytes()).hexdigest(),
        "pictures": problem.seen,
        **asdict(config),
    }
