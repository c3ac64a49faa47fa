"""``dr compare``: how well methods find what twins hide."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from rich.progress import Progress

from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.recovery import Contender, Recovery, recover
from dexsim2real_dr.simulator import Poses, Simulator
from dexsim2real_sim import Twin, names_of

MEASURES = ("mean_error", "draw_error", "entropy", "queries", "seconds")


def compare(
    twins: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0,),
    methods: tuple[Contender, ...] = ("vanilla", "adr", "random_scoring", "fm_dr"),
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
        methods: vanilla keeps the manual ranges, adr moves their ends, random_scoring searches with random marks.
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
        for number in twins:
            twin = Twin.draw(number)
            truth = Simulator(stands, (), (size, size), twin)
            for seed in seeds:
                for method in methods:
                    progress.update(bar, description=f"twin {number}, seed {seed}: {method}")
                    folder = out / f"twin_{number}_seed_{seed}_{method}"
                    found.append(recover(method, twin, simulator, truth, replace(config, seed=seed), folder))
                    progress.advance(bar)
            truth.close()
    simulator.close()
    rows: list[dict[str, Cell]] = [asdict(one) for one in found]
    show("Every run", rows, json)
    show(f"Mean over {len(twins)} twins and {len(seeds)} seeds", [_mean(method, found) for method in methods])


def _mean(method: Contender, found: list[Recovery]) -> dict[str, Cell]:
    mine = [one for one in found if one.method == method]
    return {"method": method, **{name: float(np.mean([getattr(one, name) for one in mine])) for name in MEASURES}}
