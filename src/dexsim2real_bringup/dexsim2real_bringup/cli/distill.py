"""``dexsim2real distill``: teachers to a TVCAP student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from dexsim2real_bringup.cli.live_table import LiveTable
from dexsim2real_bringup.cli.tables import Cell, make_folder, show
from dexsim2real_dr.imitation.distill import Distillation, Progress
from dexsim2real_dr.imitation.distill_config import DistillConfig
from dexsim2real_dr.imitation.teacher import ExpertTeacher, LessonConfig, PolicyTeacher, Specialist
from dexsim2real_dr.training.export import sha256_of
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import ParameterSampler, Uniform, load_randomization

EXPERT = "expert"
"""In place of an artifact: the planned expert of the task."""


def distill(
    config: Annotated[DistillConfig, tyro.conf.arg(name="")],
    teacher: tuple[str, ...],
    out: Path,
    randomization: Path | None = None,
    json: Path | None = None,
) -> None:
    """Teach a TVCAP student, which sees images, touch and joints, what one or more teachers can; then export it.

    Ctrl-C is safe: the same command goes on after the last finished round.

    Args:
        config: how to teach.
        teacher: artifacts of policies, names of shipped ones, or `expert` for the task's planned expert. Specialists:
            ARTIFACT@OBJECT,OBJECT is only asked about these objects.
        out: folder of the run; the artifact is its `policy`.
        randomization: file that parameters are drawn from; uniform over the manual ranges if not given.
        json: write the table to this file as well.
    """
    sampler: ParameterSampler = Uniform() if randomization is None else load_randomization(randomization).distribution
    run = Distillation(config, [_specialist(name, config) for name in teacher], sampler, out)
    make_folder(out)
    rows: list[dict[str, Cell]] = []
    with LiveTable(f"{config.task}, {out}") as table:
        for progress in run.run(lambda what, done, of: table.update(rows, f"{what}: {done:,} of {of:,}")):
            rows.append(_row(progress))
            table.update(rows)
    names = ", ".join(Path(name).name for name in teacher)
    report = run.export(names, sha256_of(randomization))
    kinds: list[dict[str, Cell]] = [
        {"variant": name, "off torch by": parity.error} for name, parity in report.contract.parity.items()
    ]
    show(f"Wrote {out / 'policy'}", kinds, json)


def _specialist(name: str, config: DistillConfig) -> Specialist:
    lessons = LessonConfig(config.network.chunk, config.noise)
    artifact, _, objects = name.partition("@")
    teacher = ExpertTeacher(lessons) if artifact == EXPERT else PolicyTeacher(policy_folder(artifact), lessons)
    return Specialist(teacher, tuple(objects.split(",")) if objects else "seen")


def _row(progress: Progress) -> dict[str, Cell]:
    return {
        "round": progress.round,
        "steps": progress.steps,
        "success": progress.success,
        "loss": progress.loss,
        "error on held-out episodes": progress.error,
        "blindness": progress.blindness,
        "minutes": round(progress.seconds / 60, 1),
    }
