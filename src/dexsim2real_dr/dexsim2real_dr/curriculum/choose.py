"""A curriculum by the name that a command line gives it."""

from __future__ import annotations

from pathlib import Path

from dexsim2real_dr.curriculum.curriculum import Curriculum, DifficultyCurriculum
from dexsim2real_dr.curriculum.decomposition import load, reference
from dexsim2real_dr.curriculum.scheduler import FLAT, SchedulerConfig
from dexsim2real_dr.curriculum.skills import SkillConfig, SkillCurriculum
from dexsim2real_sim.env import DexEnv

DIFFICULTY, FLAT_NAME, REFERENCE = "difficulty", "flat", "reference"


def make_curriculum(env: DexEnv, choice: str, seed: int = 0, scheduler: SchedulerConfig | None = None) -> Curriculum:
    """`difficulty`: the whole task, made harder step by step. `flat`: the task itself from the beginning.

    `reference`: the sub-skills that ship with the package, chained. Anything else is the file of a decomposition.
    `scheduler` is for all but `flat`.
    Raises CurriculumError for one that is missing or does not fit the environment's task.
    """
    if choice == DIFFICULTY:
        return DifficultyCurriculum(env, scheduler, seed)
    if choice == FLAT_NAME:
        return DifficultyCurriculum(env, FLAT, seed)
    found = reference(env.task.name) if choice == REFERENCE else load(Path(choice))
    return SkillCurriculum(env, found, SkillConfig(scheduler) if scheduler else None, seed)
