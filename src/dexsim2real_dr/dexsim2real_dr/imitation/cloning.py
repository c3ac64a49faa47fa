"""Behaviour cloning: demonstrations to a policy on state and touch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from dexsim2real_dr.device import use_device
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.curve import Curve
from dexsim2real_dr.imitation.demonstrations import Demonstrations, chunks_of
from dexsim2real_dr.imitation.learner import Learner, LearnerConfig
from dexsim2real_dr.imitation.networks import StateActor
from dexsim2real_dr.imitation.publish import publish
from dexsim2real_dr.imitation.samples import Lesson, split
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_policy.export import ExportReport
from dexsim2real_sim import make_env

CHECKPOINT = "checkpoint.pt"
POLICY = "policy"
_REPORT = 200
"""Gradient steps between reports."""


@dataclass(frozen=True)
class CloneConfig:
    """A policy to clone."""

    demos: tuple[Path, ...]
    """Files by `dexsim2real demos`, of one task."""
    chunk: int = 8
    """Actions per output, blended in time."""
    layers: tuple[int, ...] = (512, 512, 256)
    seed: int = 0
    device: str = "cpu"
    """Where the network learns: `cpu`, `cuda` or `cuda:N`."""
    learner: LearnerConfig = field(default_factory=LearnerConfig)


@dataclass(frozen=True)
class Progress:
    """How far learning has come."""

    step: int
    seconds: float
    loss: float
    """Mean since the last report."""
    error: float
    """Root mean square error on episodes that are not learned from, in actions of full scale 1."""


class Cloning:
    """One run in a folder; it goes on from the folder's checkpoint if there is one."""

    def __init__(self, config: CloneConfig, folder: Path) -> None:
        """Raises TrainingError if demonstrations or checkpoint cannot be used."""
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        self.config, self.folder = config, folder
        self.sources = [Demonstrations.load(file) for file in config.demos]
        self.task = _one_task(self.sources)
        self._env = make_env(self.task)
        episodes = [episode for source in self.sources for episode in source.episodes]
        spec, chunk = self._env.action_spec, config.chunk
        lessons = [Lesson(e.inputs, chunks_of(e, chunk, spec), e.reason) for e in episodes]
        self._learn, others = split(lessons)
        self._validate = others if len(others) else self._learn
        network = StateActor(self._env.observation_spec, config.layers, chunk)
        self.learner = Learner(network, self._learn, config.learner, config.seed, use_device(config.device))
        self.seconds = 0.0
        """Of learning, without the time between a stop and the resume."""
        if (folder / CHECKPOINT).exists():
            self._resume()

    @property
    def error(self) -> float:
        """As in Progress, now."""
        return self.learner.error([self._validate])

    def run(self) -> Iterator[Progress]:
        """Learn until the steps are used up; checkpoint and curve are written before every report."""
        learner, curve = self.learner, Curve(self.folder, self.learner.step)
        while learner.step < self.config.learner.steps:
            begin = time.perf_counter()
            steps = min(_REPORT, self.config.learner.steps - learner.step)
            loss = sum(learner.fit([self._learn], steps)) / steps
            error = self.error
            self.seconds += time.perf_counter() - begin
            self.save()
            progress = Progress(learner.step, self.seconds, loss, error)
            curve.add(asdict(progress))
            yield progress

    def export(self) -> ExportReport:
        """Write the artifact. Raises PolicyError."""
        policy, config = self.learner.policy, self.config
        count = sum(len(source.episodes) for source in self.sources)
        settings = {**asdict(config), "demos": [file.name for file in config.demos]}
        note = f"cloned from {count} demonstrations of the planned expert; {json.dumps(settings)}"
        seeds = (config.seed, *(source.seed for source in self.sources))
        env, folder = self._env, self.folder / POLICY
        return publish(policy, env, env.observation_spec, config.chunk, self._validate, folder, seeds=seeds, note=note)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all. Raises TrainingError if that cannot be done."""
        state = self.learner.state_dict()
        Checkpoint(self.task, self.learner.step, self.seconds, state, "{}").save(self.folder / CHECKPOINT)

    def _resume(self) -> None:
        found = Checkpoint.load(self.folder / CHECKPOINT)
        found.check_task(self.task)
        try:
            self.learner.load_state_dict(found.agent)
        except (RuntimeError, KeyError, ValueError) as error:
            raise TrainingError(f"the run in {self.folder} has other settings; choose another folder") from error
        self.seconds = found.seconds


def _one_task(sources: list[Demonstrations]) -> str:
    tasks = sorted({source.task for source in sources})
    if len(tasks) != 1:
        raise TrainingError(f"the demonstrations are of tasks {', '.join(tasks)}; give those of one task")
    return tasks[0]
