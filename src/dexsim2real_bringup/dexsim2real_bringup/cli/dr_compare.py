"""``dr compare``: how well methods find what twins hide."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from scipy.stats import t

from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.tables import Cell, make_folder, show, write_json
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.bench import MotionBench, PictureBench
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.motion import Teaching
from dexsim2real_dr.recovery import Recovery, recover
from dexsim2real_sim import Twin, names_of
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization.method import Method


def compare(
    twins: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0,),
    methods: tuple[Method, ...] = ("vanilla", "adr", "dreureka", "bayesian", "random_scoring", "fm_dr"),
    critic: Literal["image", "trace"] = "image",
    factors: tuple[str, ...] = ("lighting", "background"),
    parameters: tuple[str, ...] = (),
    hidden: Literal["all", "searched"] = "all",
    rollouts: int = Teaching.rollouts,
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
        critic: of pictures; or of motion and touch, while joints swing and an object is pressed, lifted, pushed and
            let slip.
        factors: parameters of these factors are searched.
        parameters: these parameters are searched instead.
        hidden: what twins hide beside their unmodelled effects: all parameters; or only those that are searched, as
            if all others had been identified before.
        rollouts: simulated ones that teach the critic trace what motions tell, once for all twins.
        config: how to search; its seed is not used.
        task: whose scene is seen.
        poses: in how many poses the robot is seen.
        size: of the square pictures [px].
        out: folder for the searches; the same command goes on where they were interrupted.
        json: write the table with every run to this file as well.
    """
    if not (twins and seeds and methods):
        raise DexSim2RealError("name at least one twin, one seed and one method")
    drawn = {number: Twin.draw(number) for number in twins}
    names = tuple(parameter(name).name for name in parameters) or names_of(factors)
    teaching = Teaching(rollouts, "drawn" if hidden == "all" else "nominal")
    found: list[Recovery] = []
    bench = PictureBench(task, names, poses, size) if critic == "image" else _motion_bench(task, names, teaching)
    with Bar("searches", len(twins) * len(seeds) * len(methods)) as bar:
        for seed, (number, whole) in itertools.product(seeds, drawn.items()):
            twin = _only(whole, names) if hidden == "searched" else whole
            problem = bench.problem(twin)
            for method in methods:
                bar.update(len(found), doing=f"twin {number}, seed {seed}: {method}")
                folder = out / f"twin_{number}_seed_{seed}_{method}"
                make_folder(folder)
                found.append(recover(method, twin, problem, replace(config, seed=seed), folder))
    _show(found, methods, names, json)


def _motion_bench(task: str, names: Sequence[str], teaching: Teaching) -> MotionBench:
    with Bar("rollouts for the critic", teaching.rollouts) as bar:
        return MotionBench(task, names, teaching, bar.advance)


def _only(twin: Twin, names: Sequence[str]) -> Twin:
    """The twin with these parameters of its own, all others nominal."""
    return replace(twin, values={name: value for name, value in twin.values.items() if name in names})


def _show(found: Sequence[Recovery], methods: Sequence[Method], names: Sequence[str], json: Path | None) -> None:
    runs: list[dict[str, Cell]] = []
    for one in found:
        row = asdict(one)
        runs.append({**row, **{f"error of {name}": error for name, error in row.pop("by_parameter").items()}})
        del runs[-1]["by_parameter"]
    if json is not None:
        write_json(json, {"title": "Every run", "rows": runs})
    over = f"over {len({one.twin for one in found})} twins, with 95 % intervals"
    show(f"Error of the mean by parameter {over}", [_by_parameter(name, methods, found) for name in names])
    show(f"All parameters {over}", [summary(method, found, len(names)) for method in methods])


def _by_parameter(name: str, methods: Sequence[Method], found: Sequence[Recovery]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        m: _interval([o for o in found if o.method == m], lambda one: one.by_parameter[name]) for m in methods
    }
    return {"parameter": name, **cells}


def summary(method: Method, found: Sequence[Recovery], parameters: int) -> dict[str, Cell]:
    """The row of a method. Twins are the independent draws; seeds of one twin are averaged first."""
    mine = [one for one in found if one.method == method]
    width = np.exp(np.mean([one.entropy for one in mine]) / parameters)
    return {
        "method": method,
        "queries": float(np.mean([one.queries for one in mine])),
        "error of the mean": _interval(mine, lambda one: one.mean_error),
        "error of draws": _interval(mine, lambda one: one.draw_error),
        "width over manual": f"{100 * width:.0f} %",
        "seconds": float(np.mean([one.seconds for one in mine])),
    }


def _interval(mine: Sequence[Recovery], measure: Callable[[Recovery], float]) -> str:
    """Mean and half of Student's 95 % interval over twins; only the mean for a single twin."""
    twins = sorted({one.twin for one in mine})
    means = [np.mean([measure(one) for one in mine if one.twin == twin]) for twin in twins]
    if len(means) < 2:
        return f"{means[0]:.3f}"
    half = float(t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))
    return f"{np.mean(means):.3f} ± {half:.3f}"
