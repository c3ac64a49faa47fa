"""``tasks``, ``params`` and ``sim bench``: what the simulator offers and how fast it is."""

from __future__ import annotations

from pathlib import Path

from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim.parameters import PARAMETERS, names_of
from dexsim2real_sim.tasks import TASKS


def tasks(json: Path | None = None) -> None:
    """List the six tasks.

    Args:
        json: write the table to this file as well.
    """
    rows: list[dict[str, Cell]] = [
        {"task": name, "instruction": task.instruction, "limit [s]": task.time_limit, "hold [s]": task.hold}
        for name, task in TASKS.items()
    ]
    show("Tasks", rows, json)


def params(factor: tuple[str, ...] = (), sources: bool = False, json: Path | None = None) -> None:
    """List the simulator's parameters.

    Args:
        factor: only these factors, such as contact or lighting.
        sources: also say where each figure comes from.
        json: write the table to this file as well.
    """
    names = names_of(factor) if factor else tuple(PARAMETERS)
    rows: list[dict[str, Cell]] = []
    for p in (PARAMETERS[name] for name in names):
        row: dict[str, Cell] = {
            "parameter": p.name,
            "nominal": f"{p.nominal:g} {p.unit}".strip(),
            "range": f"{p.range[0]:g} to {p.range[1]:g}",
            "bounds": f"{p.bounds[0]:g} to {p.bounds[1]:g}",
            "factor": p.factor if p.granularity == "episode" else f"{p.factor}, per frame",
            "meaning": p.meaning,
        }
        rows.append({**row, "source": p.source} if sources else row)
    show(f"{len(rows)} parameters", rows, json)


def bench(
    task: tuple[str, ...] = ("in_hand_rotation", "pick_place"),
    num_envs: tuple[int, ...] = (1, 8, 64, 256, 1024),
    seconds: float = 2.0,
    images: bool = True,
    json: Path | None = None,
) -> None:
    """Measure the environment's speed against bare physics and against Gymnasium's process pool.

    Args:
        task: tasks to measure.
        num_envs: numbers of environments.
        seconds: how long each measurement takes; five are made in turn and the medians shown.
        images: also measure rendering.
        json: write the tables to this file as well.
    """
    from dexsim2real_sim.bench import bench_physics
    from dexsim2real_sim.render_bench import bench_rendering

    if not seconds > 0.0 or not num_envs or min(num_envs) < 1:
        raise DexSim2RealError(
            f"{seconds:g} s with {', '.join(map(str, num_envs)) or 'no number of'} environments measure nothing; "
            "use positive numbers"
        )
    tables = [(_title(name), list(bench_physics(name, num_envs, seconds))) for name in task]
    if images:
        tables.append(
            ("Rendering, frames per second of both cameras", list(bench_rendering(task[0], ((64, 64), (224, 224)))))
        )
    for title, rows in tables:
        show(title, rows)
    if json is not None:
        write_json(json, [{"title": title, "rows": rows} for title, rows in tables])


def _title(task: str) -> str:
    return f"{task}: environment steps per second (30 Hz steps, state and touch)"
