"""``dr compare``: how well methods find what twins hide."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from rich.progress import Progress
from scipy.stats import t

from dexsim2real_bringup.cli.dr import make_folder
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.recovery import Recovery, recover
from dexsim2real_dr.simulator import Poses, Simulator
from dexsim2real_sim import Twin, names_of
from dexsim2real_sim.randomization.method import Method


def compare(
    twins: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0,),
    methods: tuple[Method, ...] = ("vanilla", "adr", "dreureka", "bayesian", "random_scoring", "fm_dr"),
    factors: tuple[str, ...] = ("lighting", "background"),
    config: Annotated[FmDrConfig, tyro.conf.arg(name="")] = FmDrConfig(),  # noqa: B008  (frozen)
    task: str = "pick_place",
    poses: int = 2,
    size: int = 64,
    out: Path = Path("runs/dr_compare"),
    json: Path | None = None,
) -> None:
    """Give methods the same pictures of twins and the same budget, and measure how close they come to what is hidden.

    Errors are over the width of the manual ranges: of the distribution's mean, and of its draws.

    Args:
        twins: seeds of the twins.
        seeds: of the searches; each twin is searched with each.
        methods: see `dr run`; random_scoring searches with random marks.
        factors: parameters of these factors are searched.
        config: how to search; its seed is not used.
        task: whose scene is seen.
        poses: in how many poses the robot is seen.
        size: of the square pictures [px].
        out: folder for the searches; the same command goes on where they were interrupted.
        json: write the table with every run to this file as well.
    """
    if not (twins and seeds and methods):
        raise DexSim2RealError("name at least one twin, one seed and one method")
    if min(twins) < 0:
        raise DexSim2RealError(f"the seed of a twin is {min(twins)}; it must be 0 or more")
    names, stands = names_of(factors), Poses(task, poses)
    simulator = Simulator(stands, names, (size, size))
    found: list[Recovery] = []
    with Progress(transient=True) as progress:
        bar = progress.add_task("", total=len(twins) * len(seeds) * len(methods))
        for seed, number in itertools.product(seeds, twins):
            twin = Twin.draw(number)
            problem = Problem(task, names, simulator.observe, ImageCritic(), _seen(twin, stands, size), "of a twin")
            for method in methods:
                progress.update(bar, description=f"twin {number}, seed {seed}: {method}")
                folder = out / f"twin_{number}_seed_{seed}_{method}"
                make_folder(folder)
                found.append(recover(method, twin, problem, replace(config, seed=seed), folder))
                progress.advance(bar)
    simulator.close()
    rows: list[dict[str, Cell]] = [asdict(one) for one in found]
    show("Every run", rows, json)
    title = f"Mean over {len(twins)} twins and {len(seeds)} seeds, with 95 % intervals over twins"
    show(title, [summary(method, found, len(names)) for method in methods])


def _seen(twin: Twin, poses: Poses, size: int) -> Evidence:
    truth = Simulator(poses, (), (size, size), twin)
    seen = truth.pictures(np.empty(0))
    truth.close()
    return seen


def summary(method: Method, found: Sequence[Recovery], parameters: int) -> dict[str, Cell]:
    """The row of a method. Twins are the independent draws; seeds of one twin are averaged first."""
    mine = [one for one in found if one.method == method]
    width = np.exp(np.mean([one.entropy for one in mine]) / parameters)
    return {
        "method": method,
        "queries": float(np.mean([one.queries for one in mine])),
        "error of the mean": _interval(mine, "mean_error"),
        "error of draws": _interval(mine, "draw_error"),
        "width over manual": f"{100 * width:.0f} %",
        "seconds": float(np.mean([one.seconds for one in mine])),
    }


def _interval(mine: Sequence[Recovery], measure: str) -> str:
    """Mean and half of Student's 95 % interval over twins; only the mean for a single twin."""
    twins = sorted({one.twin for one in mine})
    means = [np.mean([getattr(one, measure) for one in mine if one.twin == twin]) for twin in twins]
    if len(means) < 2:
        return f"{means[0]:.3f}"
    half = float(t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))
    return f"{np.mean(means):.3f} ± {half:.3f}"
