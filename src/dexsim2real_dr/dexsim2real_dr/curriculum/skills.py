"""The progressive skill curriculum: sub-skills made harder step by step, then chained, then the whole task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.curriculum.curriculum import Curriculum, Flags, Ids
from dexsim2real_dr.curriculum.decomposition import Decomposition
from dexsim2real_dr.curriculum.lessons import lessons_of, open_lessons
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.curriculum.skill_goal import SkillGoal
from dexsim2real_dr.curriculum.state_buffer import StateBuffer
from dexsim2real_dr.errors import CurriculumError
from dexsim2real_sim.env import DexEnv


@dataclass(frozen=True)
class SkillConfig:
    """How sub-skills are practised and chained."""

    scheduler: SchedulerConfig = field(default_factory=SchedulerConfig)
    """Of every sub-skill's difficulty."""
    chaining: float = 0.7
    """Success rate at full difficulty from which a sub-skill counts as passed and is chained; in (0, 1]."""
    revision: float = 0.25
    """Share of episodes that practise what has been passed; in [0, 1)."""
    buffer: int = 128
    """States kept of how each sub-skill ended well; with a quarter of them the next may begin from them."""

    def __post_init__(self) -> None:
        """Raises CurriculumError for a number out of its range."""
        if not (0 < self.chaining <= 1 and 0 <= self.revision < 1 and self.buffer >= 4):
            raise CurriculumError(
                f"chaining {self.chaining:g}, revision {self.revision:g}, buffer {self.buffer}; expected (0, 1], "
                "[0, 1), 4 or more"
            )


class SkillCurriculum(Curriculum):
    """First every sub-skill by itself, from starts that the task makes; then each from the ends of the one before it.

    At last the whole task with its own reward, which fine-tunes the chain. One policy learns it all: environments
    spread over the lessons that are open, and now and then revise those passed.
    """

    def __init__(
        self, env: DexEnv, decomposition: Decomposition, config: SkillConfig | None = None, seed: int = 0
    ) -> None:
        """Takes over how `env` judges episodes. Raises CurriculumError for the decomposition of another task."""
        if decomposition.task != env.task.name:
            raise CurriculumError(f"the decomposition is for task {decomposition.task}, not {env.task.name}")
        super().__init__(env)
        skills = decomposition.skills
        self.config, self.decomposition = config or SkillConfig(), decomposition
        self.goal = SkillGoal(env.task, skills, env.num_envs)
        env.goal, env.ends = self.goal, {}
        self.lessons = lessons_of(skills, env.num_envs, self.config.scheduler, seed)
        self.buffers = [StateBuffer(self.config.buffer) for _ in skills]
        """How episodes of each sub-skill at the highest level ended well."""
        self._rng = np.random.default_rng([seed, 1])
        self._lesson: NDArray[np.intp] = np.zeros(env.num_envs, dtype=int)
        self._level = np.zeros(env.num_envs)
        self._next_lesson, self._next_level = self._lesson.copy(), self._level.copy()

    @property
    def open(self) -> list[int]:
        """Numbers of the lessons to be learnt now."""
        return open_lessons(self.lessons, [4 * len(buffer) >= self.config.buffer for buffer in self.buffers])

    def record(self, ids: Ids, success: Flags) -> None:
        """Note how episodes ended: keep the states of good ends, raise levels, open lessons."""
        before = self.open
        self._keep_ends(ids[success])
        raised = False
        for number in np.unique(self._lesson[ids]).tolist():
            here = self._lesson[ids] == number
            raised |= self.lessons[number].end(ids[here], success[here], self.config.chaining)
        self._begun(ids)
        self._prepare(self._all if raised or self.open != before else ids)

    def _keep_ends(self, ids: Ids) -> None:
        """Of episodes at the highest level; the whole task's are nobody's start."""
        ends = self.env.ends or {}
        for env in ids.tolist():
            skill = self.lessons[self._lesson[env]].skill
            if skill < len(self.buffers) and self._level[env] == 1.0 and env in ends:
                self.buffers[skill].add(ends[env])

    def _prepare(self, ids: Ids) -> None:
        now, passed = self.open, [i for i, lesson in enumerate(self.lessons) if lesson.passed]
        for env in ids.tolist():
            revises = passed and self._rng.uniform() < self.config.revision
            number = int(self._rng.choice(passed if revises else now))
            lesson = self.lessons[number]
            level = float(lesson.scheduler.draw(1)[0])
            self._next_lesson[env], self._next_level[env] = number, level
            self.env.difficulty[env] = lesson.difficulty(level)
            state = self.buffers[lesson.skill - 1].draw(self._rng) if lesson.chained else None
            self.env.starter.begin_from(env, state)

    def _begun(self, ids: Ids) -> None:
        self._lesson[ids], self._level[ids] = self._next_lesson[ids], self._next_level[ids]
        for number in np.unique(self._lesson[ids]).tolist():
            here = ids[self._lesson[ids] == number]
            self.goal.running[here] = self.lessons[number].skill
            self.lessons[number].scheduler.begin(here, self._level[here])

    def progress(self) -> dict[str, float]:
        """Mean level of the sub-skills, how many lessons are passed, the level of each sub-skill."""
        alone = self.lessons[: len(self.buffers)]
        levels = {f"level_{lesson.name}": lesson.scheduler.difficulty for lesson in alone}
        found = {"difficulty": float(np.mean([*levels.values()])), **levels}
        found["lessons_passed"] = float(sum(lesson.passed for lesson in self.lessons))
        whole = self.lessons[-1].scheduler.rate
        return found if whole is None else found | {"success_rate": whole}

    def state_dict(self) -> dict[str, Any]:
        """Levels, what is passed, the buffers, the random stream."""
        return {
            "lessons": {
                lesson.name: {"passed": lesson.passed, "scheduler": lesson.scheduler.state_dict()}
                for lesson in self.lessons
            },
            "buffers": [buffer.dump() for buffer in self.buffers],
            "random": self._rng.bit_generator.state,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`. Raises CurriculumError for that of another curriculum."""
        names = [lesson.name for lesson in self.lessons]
        if list(state.get("lessons", {})) != names:
            raise CurriculumError(
                f"the state is of lessons {', '.join(state.get('lessons', {})) or 'that are none'}; this curriculum "
                f"has {', '.join(names)}: go on with the decomposition that the training began with"
            )
        for lesson in self.lessons:
            lesson.passed = state["lessons"][lesson.name]["passed"]
            lesson.scheduler.load_state_dict(state["lessons"][lesson.name]["scheduler"])
        for buffer, text in zip(self.buffers, state["buffers"], strict=True):
            buffer.load(text, self.env.sim.batch.state.shape[1])
        self._rng.bit_generator.state = state["random"]
