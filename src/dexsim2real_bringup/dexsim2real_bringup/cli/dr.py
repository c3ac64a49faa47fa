"""``dr run``: which parameters make the simulator look like reality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from rich.console import Console

from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.dr_problem import Comparison, open_problem
from dexsim2real_bringup.cli.tables import Cell, make_folder, show
from dexsim2real_bringup.dr_report import Agreement, save_search_report
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.chat import Chat, ChatConfig, check_endpoint
from dexsim2real_dr.critics.agreement import wording_agreement
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search
from dexsim2real_dr.methods.dreureka import model_choice
from dexsim2real_dr.methods.find import SEARCHES, SILENT, find, make_search
from dexsim2real_dr.simulator import Simulator
from dexsim2real_sim import Randomization, names_of
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import chosen_granularity, with_manual_ranges
from dexsim2real_sim.randomization.granular import Choice
from dexsim2real_sim.randomization.method import Method
from dexsim2real_sim.tasks import TASKS


def run(
    given: Annotated[Comparison, tyro.conf.arg(name="")] = Comparison(),  # noqa: B008  (frozen)
    method: Method = "fm_dr",
    task: str = "pick_place",
    factors: tuple[str, ...] = ("lighting", "background"),
    parameters: tuple[str, ...] = (),
    rest: Literal["nominal", "manual"] = "nominal",
    granularity: Choice = "registry",
    config: Annotated[FmDrConfig, tyro.conf.arg(name="")] = FmDrConfig(),  # noqa: B008  (frozen)
    endpoint: str | None = None,
    model: str | None = None,
    price: tuple[float, float] = (0.0, 0.0),
    max_money: float = float("inf"),
    agreement: int = 0,
    out: Path = Path("runs/dr"),
    json: Path | None = None,
) -> None:
    """Learn a distribution over parameters whose pictures, or motions, a critic takes for the real ones.

    Writes randomization.yaml, and report.html for a search. Ctrl-C is safe: run the same command again to go on.

    Args:
        given: what is compared, and by whom.
        method: fm_dr; its ablation random_scoring; or a baseline with the same budget.
        task: whose scene is rendered.
        factors: parameters of these factors are searched.
        parameters: these parameters are searched instead.
        rest: what the file says of all other parameters: nothing, so that they stay nominal, or their manual ranges,
            as training wants it.
        granularity: whether parameters that only pictures show are drawn once per episode or with every frame;
            the registry says it of each. Single ones can be named in the file, see docs/randomise.md.
        config: how to search; a baseline may ask about rounds times samples.
        endpoint: address of an OpenAI-compatible server for the model.
        model: its name there; the key is taken from OPENAI_API_KEY. Also picks the ranges of dreureka.
        price: of a million tokens that the model reads, and that it writes, in any currency.
        max_money: the run ends when the model has cost this much by these prices; answers are kept.
        agreement: so many samples are rated by the model in three wordings, and the report has their rank agreement.
        out: folder for the result and the state.
        json: write the table of rounds to this file as well.
    """
    names = tuple(parameter(name).name for name in parameters) or names_of(factors)
    if not names:
        raise DexSim2RealError("no factors are given; name at least one, such as lighting")
    known_task(task)
    check_endpoint(endpoint, model)
    if model is not None and given.critic != "vlm" and method != "dreureka":
        raise DexSim2RealError("a model is asked by the critic vlm and by dreureka; say --critic vlm, or leave it out")
    if agreement and (given.critic != "vlm" or agreement < 3):  # before anything is paid for
        raise DexSim2RealError("--agreement is for the critic vlm, and needs 3 samples or more")
    if method in SILENT:
        make_folder(out)
        result = find(method, Problem.unseen(task, names), config, out)
    else:
        asked = VlmConfig(model, endpoint, out / "vlm", price=price, max_money=max_money) if model else None
        with open_problem(task, names, given, asked, config.seed) as (problem, drawn):
            make_folder(out)
            if method in SEARCHES:
                result = _searched(make_search(method, problem, config, out), drawn, agreement, out)
            else:
                result = _baseline_with_progress(method, problem, config, out, asked)
    whole = with_manual_ranges(result.distribution) if rest == "manual" else result.distribution
    replace(result, distribution=chosen_granularity(whole, granularity)).save(out / "randomization.yaml")
    _show(result, out, json)


def _searched(search: Search, simulator: Simulator | None, agreement: int, out: Path) -> Randomization:
    """Search, with a bar, and write the report."""
    search_with_progress(search)
    save_search_report(out / "report.html", search, simulator, _agreement(search, agreement))
    say(time_split(search.state.seconds))
    return search.result()


def _show(result: Randomization, out: Path, json: Path | None) -> None:
    width = 100 * np.exp(result.entropy.nats / len(result.distribution.names))
    rows: list[dict[str, Cell]] = [
        {
            "round": found.number,
            "samples": found.queries,
            "mean score": found.mean_score,
            "best score": found.best_score,
            "entropy over uniform [nats]": found.entropy,
        }
        for found in result.history
    ]
    say(
        f"{result.method}, critic {result.critic}: {result.cost.queries} queries; on average {width:.0f} % as wide as "
        f"the manual ranges; wrote {out / 'randomization.yaml'}"
    )
    if rows or json:
        show("Rounds", rows, json)


def time_split(seconds: Mapping[str, float]) -> str:
    """Minutes of a search and how they split."""
    total = max(sum(seconds.values()), 1e-9)
    shares = ", ".join(f"{name} {100 * spent / total:.0f} %" for name, spent in seconds.items())
    return f"{total / 60:.1f} min: {shares}"


def _baseline_with_progress(
    method: Method, problem: Problem, config: FmDrConfig, out: Path, chat: ChatConfig | None
) -> Randomization:
    """Ask and show how far it is. DrEureka's ranges are picked by a model if there is one."""
    choose = model_choice(Chat(chat)) if chat and method == "dreureka" else None
    if method == "dreureka" and choose is None:
        say("no --model: the intervals that survive are the ranges")
    with Bar(method, config.rounds * config.samples) as bar:
        return find(method, problem, config, out, choose, bar.advance)


def say(text: str) -> None:
    """A line for a person."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def search_with_progress(search: Search) -> None:
    """Run all rounds that are left, with a bar and live scores."""
    done, size = len(search.state.history), search.config.samples
    with Bar(_status(search), search.config.rounds * size, done * size) as bar:
        while not search.finished:
            search.round(lambda: bar.advance(_status(search)))


def _agreement(search: Search, samples: int) -> Agreement:
    """Between wordings of the question, on the first samples of the search; nothing if that was not asked for."""
    judge = search.problem.critic
    if not samples or not isinstance(judge, VlmCritic):
        return {}
    shown = search.problem.observe(np.array(search.state.values[:samples]))
    return wording_agreement(judge.config, shown, search.problem.references)


def _status(search: Search) -> str:
    if not search.state.history:
        return "scoring"
    last = search.state.history[-1]
    return f"round {last.number}: mean {last.mean_score:.2f}, best {last.best_score:.2f}, {last.entropy:+.1f} nats"


def known_task(task: str) -> str:
    """`task`, if there is one of that name. Raises UnknownNameError."""
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    return task
