"""The training loop: collect a rollout, update, now and then save; what it found goes to whoever listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from dexsim2real_dr.curriculum.choose import make_curriculum
from dexsim2real_dr.device import use_device
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.agent import make_agent
from dexsim2real_dr.training.cells import load_student, make_cells
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.chunk_env import ChunkEnv
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.progress import Progress
from dexsim2real_dr.training.run_folder import CHECKPOINT
from dexsim2real_dr.training.start import CLONED_NOISE, start_from
from dexsim2real_dr.training.vec_env import Episode, TrainingEnv
from dexsim2real_dr.training.world import World


class Trainer:
    """One training run in a folder, in one process or in several that each have `config.envs` environments."""

    def __init__(self, config: TrainConfig, folder: Path, world: World = World()) -> None:  # noqa: B008  (frozen)
        self.config, self.folder, self.world = config, folder, world
        device = use_device(config.device)
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        student = load_student(config)
        env = make_cells(config, student, config.envs, config.threads)
        self.curriculum = make_curriculum(env, config.curriculum, config.seed, config.scheduler)
        self._chunk = 1 if student is None else student.chunk
        scale = config.ppo.reward_scale
        self.env = (
            TrainingEnv(self.curriculum, scale, device)
            if student is None
            else ChunkEnv(self.curriculum, scale, device, student.chunk, config.ppo.gamma)
        )
        self.update, self.seconds = 0, 0.0
        self.env.restart(config.seed)
        actor = None if student is None else student.actor(env.observation_spec, config.start_noise or CLONED_NOISE)
        observation = self.env.get_observations()
        self.agent = make_agent(observation, config.ppo, config.privileged, world.multi_gpu, actor)
        if config.start_from is not None:
            self._start_from(config.start_from)

    @property
    def steps(self) -> int:
        """Environment steps so far."""
        return self.update * self._steps_per_update

    @property
    def _steps_per_update(self) -> int:
        """Environment steps of all processes."""
        return self.config.ppo.rollout * self._chunk * self.config.envs * self.world.size

    def resume(self) -> None:
        """Go on from the checkpoint in the folder. Raises TrainingError if it does not fit."""
        found = Checkpoint.load(self.folder / CHECKPOINT)
        found.check_task(self.config.task)
        try:
            self.agent.load(found.agent, None, strict=True)
        except (RuntimeError, KeyError, ValueError) as error:
            raise TrainingError(f"the checkpoint in {self.folder} has other networks; train anew elsewhere") from error
        self._load_curriculum(found)
        self.update, self.seconds = found.update, found.seconds

    def _start_from(self, file: Path) -> None:
        """Begin with what another training, or imitation, has learned."""
        found = Checkpoint.load(file)
        found.check_task(self.config.task)
        start_from(self.agent, found, self.config.start_noise)
        self._load_curriculum(found)

    def _load_curriculum(self, found: Checkpoint) -> None:
        state = json.loads(found.curriculum)
        try:
            if state:
                self.curriculum.load_state_dict(state)
        except (KeyError, TypeError) as error:
            raise TrainingError("the checkpoint has another curriculum; say --curriculum as it was trained") from error

    def run(self) -> Iterator[Progress]:
        """Train until the steps are used up, yielding after every update.

        The checkpoint is written at whole multiples of `save_every` and at the end. Raises TrainingError if the
        disk refuses; the last checkpoint is then intact.
        """
        fresh = True
        while self.steps < self.config.steps:
            if fresh or self.update % self.config.save_every == 0:
                self._begin_segment()
            fresh = False
            yield self._learn()
        self.save()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all. Raises TrainingError if that cannot be done."""
        if self.world.rank > 0:
            return
        state = json.dumps(self.curriculum.state_dict())
        Checkpoint(self.config.task, self.update, self.seconds, self.agent.save(), state).save(self.folder / CHECKPOINT)

    def _begin_segment(self) -> None:
        """Save, then start all episodes and random streams anew: a resumed run goes on from the very same state."""
        self.save()
        self.curriculum.load_state_dict(self.world.share(self.curriculum.state_dict()))
        entropy = [self.config.seed, self.update, self.world.rank]
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        torch.manual_seed(seed)
        self.env.restart(seed)

    def _learn(self) -> Progress:
        """One rollout and one update."""
        begin, before, total = time.perf_counter(), self.env.seconds, 0.0
        begun_by_another = self.config.start_from is not None or self.config.student is not None
        warming = begun_by_another and self.update < self.config.warm_up
        self.agent.get_policy().requires_grad_(not warming)
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
        steps = self.config.ppo.rollout * self._chunk
        return Progress(
            update=self.update,
            steps=self.steps,
            seconds=self.seconds,
            curriculum=self.curriculum.progress(),
            episodes=len(ended),
            success=_success(ended, float(self.env.env.world.difficulty.max())),
            reward=reward / steps / self.config.ppo.reward_scale,
            length=float(np.mean([episode.steps for episode in ended])) if ended else None,
            noise=float(self.agent.get_policy().output_std.detach().mean()),
            value_loss=value_loss,
            learning_rate=self.agent.learning_rate,
            steps_per_second=self._steps_per_update / elapsed,
            env_share=share,
        )


def _success(ended: list[Episode], difficulty: float) -> float | None:
    here = [episode.success for episode in ended if episode.difficulty == difficulty]
    return float(np.mean(here)) if here else None
