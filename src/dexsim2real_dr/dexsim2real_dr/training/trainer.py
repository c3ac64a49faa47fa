"""The training loop: collect a rollout, update, now and then save; what it found goes to whoever listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dexsim2real_dr.curriculum.curriculum import Curriculum, DifficultyCurriculum
from dexsim2real_dr.training.agent import make_agent
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.vec_env import Episode, TrainingEnv
from dexsim2real_sim import PARAMETERS, ParameterSampler, Uniform, load_randomization, make_env
from dexsim2real_sim.parameters import names_of

CHECKPOINT = "checkpoint.pt"
VISUAL = frozenset({"background", "lighting", "distractors", "camera_pose"})
"""Factors that only images show."""


@dataclass(frozen=True)
class Progress:
    """What one update found."""

    update: int
    steps: int
    """Environment steps so far."""
    seconds: float
    """Of training so far, without the time between a stop and the resume."""
    curriculum: dict[str, float]
    """What the curriculum says of itself."""
    success: float | None
    """Share of the hardest episodes that ended in this update; None if none did."""
    reward: float
    """Mean of a step, unscaled."""
    length: float | None
    """Mean length of the episodes that ended [steps]."""
    noise: float
    """Mean standard deviation of the actions."""
    value_loss: float
    learning_rate: float
    steps_per_second: float
    """Of the whole loop in this update."""
    env_share: float
    """Share of the time that the environment took."""


class Trainer:
    """One training run in a folder."""

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self.config, self.folder = config, folder
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        env = make_env(
            config.task,
            config.envs,
            config.seed,
            sampler=make_sampler(config),
            threads=config.threads,
            time_limit=config.time_limit,
        )
        self.curriculum: Curriculum = DifficultyCurriculum(env, seed=config.seed)
        self.env = TrainingEnv(self.curriculum, config.ppo.reward_scale)
        self.update, self.seconds = 0, 0.0
        self.env.restart(config.seed)
        self.agent = make_agent(self.env.get_observations(), config.ppo, config.privileged)

    @property
    def steps(self) -> int:
        """Environment steps so far."""
        return self.update * self.config.ppo.rollout * self.config.envs

    def resume(self) -> None:
        """Go on from the checkpoint in the folder. Raises TrainingError if it does not fit."""
        found = Checkpoint.load(self.folder / CHECKPOINT)
        found.check_task(self.config.task)
        self.agent.load(found.agent, None, strict=True)
        self.curriculum.load_state_dict(json.loads(found.curriculum))
        self.update, self.seconds = found.update, found.seconds

    def run(self) -> Iterator[Progress]:
        """Train until the steps are used up, yielding after every update."""
        while self.steps < self.config.steps:
            if self.update % self.config.save_every == 0:
                self._begin_segment()
            yield self._learn()
        self.save()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all. Raises TrainingError if that cannot be done."""
        state = json.dumps(self.curriculum.state_dict())
        Checkpoint(self.config.task, self.update, self.seconds, self.agent.save(), state).save(self.folder / CHECKPOINT)

    def _begin_segment(self) -> None:
        """Save, then start all episodes and random streams anew: a resumed run goes on from the very same state."""
        self.save()
        self.curriculum.load_state_dict(self.curriculum.state_dict())
        seed = int(np.random.SeedSequence([self.config.seed, self.update]).generate_state(1)[0])
        torch.manual_seed(seed)
        self.env.restart(seed)

    def _learn(self) -> Progress:
        """One rollout and one update."""
        begin, before, total = time.perf_counter(), self.env.seconds, 0.0
        self.agent.train_mode()
        observation = self.env.get_observations()
        with torch.inference_mode():
            for _ in range(self.config.ppo.rollout):
                observation, reward, done, extras = self.env.step(self.agent.act(observation))
                self.agent.process_env_step(observation, reward, done, extras)
                total += float(reward.mean())
            self.agent.compute_returns(observation)
        losses = self.agent.update()
        elapsed = time.perf_counter() - begin
        self.update += 1
        self.seconds += elapsed
        return self._progress(total, losses["value"], elapsed, (self.env.seconds - before) / elapsed)

    def _progress(self, reward: float, value_loss: float, elapsed: float, share: float) -> Progress:
        ended, self.env.episodes = self.env.episodes, []
        rollout = self.config.ppo.rollout
        return Progress(
            update=self.update,
            steps=self.steps,
            seconds=self.seconds,
            curriculum=self.curriculum.progress(),
            success=_success(ended, float(self.env.env.world.difficulty.max())),
            reward=reward / rollout / self.config.ppo.reward_scale,
            length=float(np.mean([episode.steps for episode in ended])) if ended else None,
            noise=float(self.agent.get_policy().output_std.detach().mean()),
            value_loss=value_loss,
            learning_rate=self.agent.learning_rate,
            steps_per_second=rollout * self.config.envs / elapsed,
            env_share=share,
        )


def make_sampler(config: TrainConfig) -> ParameterSampler:
    """The distribution of the randomization file; without one, uniform over all that is not about looks."""
    if config.randomization is not None:
        return load_randomization(config.randomization).distribution
    factors = {p.factor for p in PARAMETERS.values()} - VISUAL
    return Uniform(names_of(factors))


def _success(ended: list[Episode], difficulty: float) -> float | None:
    here = [episode.success for episode in ended if episode.difficulty == difficulty]
    return float(np.mean(here)) if here else None
