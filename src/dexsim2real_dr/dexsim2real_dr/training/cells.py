"""The cells that a training takes place in."""

from __future__ import annotations

from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.sampler import make_sampler
from dexsim2real_dr.training.student import Student
from dexsim2real_sim import DexEnv, make_env


def make_cells(config: TrainConfig, student: Student | None, count: int, threads: int) -> DexEnv:
    """`count` cells as the settings have them, with images if there is a student who sees."""
    return make_env(
        config.task,
        count,
        config.seed,
        sampler=make_sampler(config),
        threads=threads,
        time_limit=config.time_limit,
        pregrasp=config.pregrasp,
        arm=config.arm,
        hand=config.hand,
        touch=config.touch,
        image_size=None if student is None else student.image_size,
    )


def load_student(config: TrainConfig) -> Student | None:
    """The one to train further, if any. Raises TrainingError if it cannot be read."""
    return None if config.student is None else Student.load(config.student, config.task)
