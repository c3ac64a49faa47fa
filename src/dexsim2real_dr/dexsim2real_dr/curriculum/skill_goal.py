"""Episodes judged by sub-goals: in each environment the one of the sub-skill that it practises."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.curriculum.decomposition import SubSkill
from dexsim2real_sim.tasks.base import Array, Features, Flags, Task


class SkillGoal:
    """A `Goal` for environments that practise different sub-skills of one task, or the whole of it.

    The last sub-skill and the whole are judged as the task judges. Another sub-skill succeeds when its predicates
    hold; its reward is the mean of the task's composite reward and of how close its predicates are to holding, both
    at most 1.
    """

    def __init__(self, task: Task, skills: tuple[SubSkill, ...], num_envs: int) -> None:
        self.task, self.skills = task, skills
        self.running: NDArray[np.intp] = np.zeros(num_envs, dtype=int)
        """Number of the sub-skill of each environment's episode; from the last one on, the task itself, shape (N,)."""
        self._holds = np.array([*(skill.hold for skill in skills[:-1]), task.hold])

    @property
    def hold(self) -> Array:
        """How long the sub-goal must stay reached before it counts [s], shape (N,)."""
        held: Array = self._holds[np.minimum(self.running, len(self.skills) - 1)]
        return held

    @property
    def success_bonus(self) -> float:
        """That of the task."""
        return self.task.success_bonus

    def achieved(self, features: Features, difficulty: Array) -> Flags:
        """Whether each environment's sub-goal is reached now, shape (N,)."""
        done = self.task.achieved(features, difficulty)
        for skill, here in self._practised():
            margins = np.min([predicate.margin(features) for predicate in skill.success], axis=0)
            done = np.where(here, margins >= 0.0, done)
        return done

    def reward(self, features: Features, difficulty: Array) -> Array:
        """Of one step, at most 1, shape (N,)."""
        reward = self.task.reward(features, difficulty)
        for skill, here in self._practised():
            near = np.mean([predicate.closeness(features) for predicate in skill.success], axis=0)
            reward = np.where(here, 0.5 * (reward + near), reward)
        return reward

    def failure(self, features: Features, difficulty: Array, env: int) -> str:
        """The predicate that is furthest from holding; for the task itself, what it says."""
        number = int(self.running[env])
        if number >= len(self.skills) - 1:
            return self.task.failure(features, difficulty, env)
        skill = self.skills[number]
        margins = [float(predicate.margin(features)[env]) for predicate in skill.success]
        worst = int(np.argmin(margins))
        if margins[worst] >= 0.0:
            return f"sub-skill {skill.name}: its goal has not held for {skill.hold:g} s"
        return f"sub-skill {skill.name}: {skill.success[worst]} is missed by {-margins[worst]:.3g}"

    def _practised(self) -> list[tuple[SubSkill, Flags]]:
        """Sub-skills before the last that some environments practise, and which, shape (N,)."""
        found = [(skill, self.running == number) for number, skill in enumerate(self.skills[:-1])]
        return [(skill, here) for skill, here in found if here.any()]
