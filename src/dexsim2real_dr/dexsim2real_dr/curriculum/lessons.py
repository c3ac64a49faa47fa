"""What a skill curriculum teaches, in order: sub-skills by themselves, then chained, then the whole task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dexsim2real_dr.curriculum.decomposition import SubSkill
from dexsim2real_dr.curriculum.scheduler import DifficultyScheduler, Flags, Ids, SchedulerConfig


@dataclass
class Lesson:
    """Episodes of one sub-skill that begin in one way."""

    name: str
    skill: int
    """Number of the sub-skill; that of the last plus one stands for the whole task."""
    starts: tuple[float, float]
    """Difficulties of the task at the lowest and the highest level of the lesson."""
    chained: bool
    """Whether episodes begin where the sub-skill before it ended."""
    scheduler: DifficultyScheduler
    """Of the level, in [0, 1]."""
    passed: bool = False
    """Whether the chaining threshold has been reached at the highest level."""

    def end(self, ids: Ids, success: Flags, chaining: float) -> bool:
        """Note how episodes of the lesson ended, shape (k,); returns whether its level was raised."""
        raised = self.scheduler.end(ids, success)
        self.passed |= self.scheduler.reached(chaining)
        return raised

    def difficulty(self, level: float) -> float:
        """Of the task at a level of the lesson."""
        return float(np.interp(level, (0.0, 1.0), self.starts))


def lessons_of(skills: Sequence[SubSkill], num_envs: int, config: SchedulerConfig, seed: int) -> list[Lesson]:
    """All lessons in order: K alone, K - 1 chained, one whole."""
    fixed = replace(config, start=1.0, rehearsal=0.0)

    def scheduler(number: int) -> DifficultyScheduler:
        return DifficultyScheduler(num_envs, config if number < len(skills) else fixed, seed + number)

    alone = [(skill.name, k, skill.starts, False) for k, skill in enumerate(skills)]
    chained = [(f"{skill.name} chained", k, (1.0, 1.0), True) for k, skill in enumerate(skills) if k]
    whole = ("whole", len(skills), (1.0, 1.0), False)
    return [Lesson(*lesson, scheduler(i)) for i, lesson in enumerate([*alone, *chained, whole])]


def open_lessons(lessons: Sequence[Lesson], ready: Sequence[bool]) -> list[int]:
    """Numbers of the lessons to be learnt now: what is not passed, and the whole task once all else is.

    A chained lesson opens when its sub-skill and the one before have passed alone, and there are states to begin
    from: `ready` says for each sub-skill whether enough of its ends are known.
    """
    alone = [lesson for lesson in lessons[:-1] if not lesson.chained]
    found = []
    for number, lesson in enumerate(lessons[:-1]):
        before = lesson.skill - 1
        startable = not lesson.chained or (alone[lesson.skill].passed and alone[before].passed and ready[before])
        if startable and not lesson.passed:
            found.append(number)
    return found or [len(lessons) - 1]
