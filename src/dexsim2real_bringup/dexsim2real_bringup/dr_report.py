"""The page about a search for a distribution: pictures before and after, scores, marginals, cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.report import Cell, Section, save_report
from dexsim2real_description import CAMERAS
from dexsim2real_dr.fm_dr.plots import marginals_figure, pictures_figure, score_figure
from dexsim2real_dr.fm_dr.search import Search, best_values
from dexsim2real_dr.simulator import Simulator
from dexsim2real_sim import PARAMETERS, Uniform
from dexsim2real_sim.randomization import Distribution

SHOWN = 6
Agreement = Mapping[tuple[int, int], float]
"""Spearman's rank correlation between the marks for two wordings of the question, by their numbers."""


def save_search_report(path: Path, search: Search, simulator: Simulator | None, agreement: Agreement) -> None:
    """Write the report, with pictures if there is a simulator that draws them.

    Raises DexSim2RealError if that cannot be done.
    """
    result, state, problem = search.result(), search.state, search.problem
    first, last = result.history[0], result.history[-1]
    entropy, d = result.entropy, len(problem.names)
    width = 100 * np.exp(entropy.nats / d)
    save_report(
        path,
        f"FM-DR: {problem.task}",
        f"Critic: {result.critic}. Mean score {first.mean_score:.2f} in the first round, {last.mean_score:.2f} in the "
        f"last ({len(result.history)} rounds). Entropy {entropy.nats:+.2f} ± {entropy.standard_error:.2f} "
        f"nats over uniform for {d} parameters: each is on average {width:.0f} % as wide as its manual range.",
        [
            *([_shown(search, simulator)] if simulator is not None else []),
            Section("Scores and entropy", figure=score_figure(result.history)),
            Section(
                "Parameters",
                figure=marginals_figure(result.distribution),
                caption="Blue: what was learned. Orange: uniform over the manual range.",
            ),
            Section("Values", rows=_values(search)),
            *([Section("Agreement of three wordings", rows=_agreement(agreement))] if agreement else []),
            Section("Cost", rows=_cost(search)),
            Section(
                "Settings",
                f"Revision {result.revision}.",
                rows=[{"setting": name, "value": _plain(value)} for name, value in state.setting.items()],
            ),
        ],
    )


def _shown(search: Search, simulator: Simulator) -> Section:
    return Section(
        "Pictures",
        "Draws from the manual ranges, draws from the distribution that was learned, and the sample with the highest "
        "score, against the references.",
        figure=pictures_figure(_pictures(search, simulator)),
    )


def _pictures(search: Search, simulator: Simulator) -> dict[str, NDArray[np.uint8]]:
    best = np.array(list(best_values(search.state, search.problem.names).values()))
    view = CAMERAS[0]
    return {
        "references": search.problem.references.of(view)[:SHOWN],
        "before: manual ranges": _draws(Uniform(search.problem.names), simulator, view),
        "after: learned": _draws(search.distribution(), simulator, view),
        "best sample": simulator.pictures(best).of(view)[:SHOWN],
    }


def _draws(distribution: Distribution, simulator: Simulator, view: str) -> NDArray[np.uint8]:
    values = distribution.sample(np.random.default_rng(0), SHOWN)
    return np.stack([simulator.pictures(row).of(view)[0] for row in values])


def _values(search: Search) -> list[dict[str, Cell]]:
    drawn = search.distribution().sample(np.random.default_rng(0), 4000)
    best = best_values(search.state, search.problem.names)
    return [
        {
            "parameter": name,
            "manual range": "{:g} to {:g}".format(*PARAMETERS[name].range),
            "learned, 5 to 95 %": "{:.4g} to {:.4g}".format(*np.quantile(column, [0.05, 0.95])),
            "best sample": best[name],
            "unit": PARAMETERS[name].unit,
        }
        for name, column in zip(search.problem.names, drawn.T, strict=True)
    ]


def _agreement(agreement: Agreement) -> list[dict[str, Cell]]:
    return [
        {"wordings": f"{first + 1} and {second + 1}", "rank correlation (Spearman)": value}
        for (first, second), value in agreement.items()
    ]


def _cost(search: Search) -> list[dict[str, Cell]]:
    state = search.state
    amounts: dict[str, Cell] = {
        "samples": len(state.scores),
        "of these without a score": sum(score is None for score in state.scores),
        "queries": state.queries,
        **{f"{name} [s]": seconds for name, seconds in state.seconds.items()},
    }
    return [{"what": name, "amount": amount} for name, amount in amounts.items()]


def _plain(value: object) -> Cell:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str | int | float) else str(value)
