"""``curriculum``: the sub-skills into which a task is split, and what trainings gained by them."""

from __future__ import annotations

from pathlib import Path

import tyro

from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.chat import Chat, ChatConfig, check_endpoint
from dexsim2real_dr.curriculum.decomposition import Decomposition, load, reference
from dexsim2real_dr.curriculum.proposal import propose
from dexsim2real_dr.training.run_folder import read_config, read_metrics
from dexsim2real_dr.training.summary import steps_to_success


def curriculum(
    task: str,
    endpoint: str | None = None,
    model: str | None = None,
    file: Path | None = None,
    attempts: int = 5,
    answers: Path = Path("runs/curriculum"),
    out: Path | None = None,
    json: Path | None = None,
) -> None:
    """Show the sub-skills of a task: proposed by a language model, read from a file, or the reference.

    Args:
        task: which is split.
        endpoint: address of an OpenAI-compatible server for the model, such as http://localhost:8000/v1.
        model: its name there; the key is taken from OPENAI_API_KEY.
        file: check and show this decomposition; nothing is asked.
        attempts: at most so many requests; the model is told what was wrong with its last answer.
        answers: folder that keeps what the model answered, so that nothing is paid twice.
        out: write the decomposition to this YAML file, which `dexsim2real train --curriculum FILE` takes.
        json: write the table to this file as well.
    """
    check_endpoint(endpoint, model)
    if file is not None:
        found, origin = _of_task(load(file), task, file), f"from {file}"
    elif model is not None:
        config = ChatConfig(model, endpoint, answers, attempts=attempts)
        found, origin = propose(task, Chat(config)), f"proposed by {model}, valid"
    else:
        found, origin = reference(task), "the reference; no model was asked (--endpoint URL --model NAME asks one)"
    if out is not None:
        found.save(out)
        origin += f"; wrote {out}"
    show(f"Sub-skills of {task}: {origin}", rows_of(found), json)


def compare(runs: tyro.conf.Positional[tuple[Path, ...]], /, rate: float = 0.7, json: Path | None = None) -> None:
    """Show after how many steps trainings first succeeded so often at the full difficulty.

    Args:
        runs: folders of trainings.
        rate: share of a window of episodes that must succeed.
        json: write the table to this file as well.
    """
    if not 0.0 < rate <= 1.0:
        raise DexSim2RealError(f"rate is {rate:g}; expected more than 0 and at most 1")
    column = f"steps to {rate:.0%}"
    rows: list[dict[str, Cell]] = []
    for run in runs:
        config, history = read_config(run), read_metrics(run)
        if not history:
            raise DexSim2RealError(f"{run} has no record of its training; train first")
        last = history[-1]
        rows.append(
            {
                "run": str(run),
                "task": config.task,
                "curriculum": config.curriculum,
                "seed": config.seed,
                "steps": last.steps,
                "difficulty": last.curriculum["difficulty"],
                "last window": last.curriculum.get("success_rate"),
                column: steps_to_success(history, rate),
            }
        )
    show("Success is that of a whole window of episodes at the full difficulty; - where it was not reached", rows, json)


def rows_of(found: Decomposition) -> list[dict[str, Cell]]:
    """One row per sub-skill."""
    return [
        {
            "sub-skill": skill.name,
            "instruction": skill.instruction,
            "succeeds when": "; ".join(map(str, skill.success)),
            "for [s]": skill.hold,
            "starts at difficulty": f"{skill.starts[0]:g} to {skill.starts[1]:g}",
        }
        for skill in found.skills
    ]


def _of_task(found: Decomposition, task: str, file: Path) -> Decomposition:
    if found.task != task:
        raise DexSim2RealError(f"{file} is for task {found.task}, not {task}; say --task {found.task}")
    return found
