"""Distillation into TVCAP: a student that sees images, touch and joints learns from teachers who may know more."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch

from dexsim2real_description.observation import Inputs
from dexsim2real_dr.device import use_device
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.curve import Curve
from dexsim2real_dr.imitation.distill_config import DistillConfig, student_spec
from dexsim2real_dr.imitation.glimpses import glimpses
from dexsim2real_dr.imitation.guided import FEATURES, Guided, guided
from dexsim2real_dr.imitation.learner import Learner, imitation
from dexsim2real_dr.imitation.publish import publish
from dexsim2real_dr.imitation.rounds import Rounds
from dexsim2real_dr.imitation.samples import Lesson, Samples
from dexsim2real_dr.imitation.teacher import Array, ExpertTeacher, Specialist
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.run_folder import CHECKPOINT, CONFIG, write
from dexsim2real_policy.export import ExportReport
from dexsim2real_policy.tvcap import Tvcap
from dexsim2real_sim import DexEnv, ParameterSampler, make_env

POLICY = "policy"
Tell = Callable[[str, int, int], None]
"""Is told within a round of what it has done how much, of how much."""


@dataclass(frozen=True)
class Progress:
    """What a round has come to."""

    round: int
    """From 1."""
    steps: int
    """That are learned from."""
    success: float
    """Share of the round's episodes that succeeded, whoever drove."""
    loss: float
    """Mean over the round's gradient steps."""
    error: float
    """Root mean square difference from the teachers on episodes not learned from, in actions of full scale 1."""
    blindness: float | None
    """Root mean square error of what the student says the simulator knows, on episodes not learned from, over its
    spread: 1 for a student who sees nothing. None if it is not asked."""
    seconds: float
    """So far, without the time between a stop and the resume."""


class Distillation:
    """One run in a folder; it goes on after the last round that was finished there.

    All that is random follows from seed and round, so a run that was stopped ends as one that was not.
    """

    def __init__(
        self,
        config: DistillConfig,
        specialists: Sequence[Specialist],
        sampler: ParameterSampler | None,
        folder: Path,
    ) -> None:
        """Raises DexSim2RealError if a teacher cannot teach the task so or the folder's checkpoint does not fit."""
        if config.episodes < 1 or config.glimpses < 0:
            raise TrainingError(
                f"a round of {config.episodes} episodes and {config.glimpses} glimpses cannot be; "
                "--episodes is 1 or more, --glimpses 0 or more"
            )
        if config.glimpses and any(isinstance(one.teacher, ExpertTeacher) for one in specialists):
            raise TrainingError("the expert goes by a plan, which no glimpse is long enough for; leave out --glimpses")
        torch.set_num_threads(1)
        self.config, self._folder, self._specialists = config, folder, specialists
        self._device = use_device(config.device)
        size = (config.image_size, config.image_size) if config.vision else None
        self._sampler = sampler
        self._envs = [self._cells(one, size) for one in specialists]
        for one, env in zip(specialists, self._envs, strict=True):
            one.teacher.check(env)
        self.spec = student_spec(self._envs[0].observation_spec, config)
        self.round, self.seconds = 0, 0.0
        found = Checkpoint.load(folder / CHECKPOINT) if (folder / CHECKPOINT).exists() else None
        self._rounds = Rounds(folder, config.keep, found.update if found else 0)
        self._learner: Learner | None = None
        if found is not None:
            self._resume(found)
        write(folder / CONFIG, json.dumps(asdict(config), indent=2) + "\n")

    @property
    def learner(self) -> Learner:
        """Made with the first lessons, which say how inputs are to be scaled."""
        if self._learner is None:
            torch.manual_seed(self.config.seed)
            config, first = self.config, self._rounds.learn[0]
            network = Guided(Tvcap(self.spec, config.network), first.inputs[FEATURES].shape[1])
            loss = guided if config.guided else imitation
            self._learner = Learner(network, first, config.learner, config.seed, self._device, loss)
        return self._learner

    def run(self, tell: Tell = lambda what, done, of: None) -> Iterator[Progress]:
        """Teach until the rounds are over; checkpoint and curve are written before every report."""
        curve = Curve(self._folder, self.round)
        while self.round < self.config.rounds:
            begin = time.perf_counter()
            success = self._gather(tell)
            steps = self.config.learner.steps // self.config.rounds
            losses: list[float] = []
            for loss in self.learner.fit(self._rounds.learn, steps):
                losses.append(loss)
                tell(f"round {self.round + 1}, gradient steps", len(losses), steps)
            error = self.learner.error(self._rounds.validate)
            blindness = self._guided.blindness(self._rounds.validate) if self.config.guided else None
            self.round += 1
            self.seconds += time.perf_counter() - begin
            state = self.learner.state_dict()
            Checkpoint(self.config.task, self.round, self.seconds, state, "{}").save(self._folder / CHECKPOINT)
            loss = float(np.mean(losses))
            progress = Progress(self.round, self._rounds.steps, success, loss, error, blindness, self.seconds)
            curve.add(asdict(progress))
            yield progress

    def export(self, note: str, randomization_sha256: str | None = None) -> ExportReport:
        """Write the artifact; `note` says who taught. Raises PolicyError."""
        settings = json.dumps({**asdict(self.config), "teachers": note})
        return publish(
            self._guided.network,
            self._envs[0],
            self.spec,
            self.config.network.chunk,
            Samples.joined(self._rounds.validate),
            self._folder / POLICY,
            seeds=(self.config.seed,),
            note=f"TVCAP, distilled; {settings}",
            randomization_sha256=randomization_sha256,
            int8=True,
        )

    def _gather(self, tell: Tell) -> float:
        """Add the round's lessons to what is learned from; the share of its episodes that succeeded."""
        episodes = list(self._drive("episodes", self.config.episodes, tell))
        wanted = [lesson for lesson in episodes if not (self.config.successes and lesson.reason)]
        if not wanted:
            raise TrainingError(f"no episode of {len(episodes)} succeeded; use another teacher or less noise")
        self._rounds.add(self.round, [*wanted, *self._drive("glimpses", self.config.glimpses, tell)])
        return float(np.mean([not lesson.reason for lesson in episodes]))

    def _drive(self, what: Literal["episodes", "glimpses"], count: int, tell: Tell) -> Iterator[Lesson]:
        """Lessons of the round, `count` of all teachers together, with what the student sees and has to say."""
        config = self.config
        if not count:
            return
        share = config.share if self.round else 1.0
        student = self._act if self.round else None
        each, kept = -(-count // len(self._specialists)), (*self.spec.shapes, FEATURES)
        for number, (one, env) in enumerate(zip(self._specialists, self._envs, strict=True)):
            entropy = [config.seed, self.round, number, what == "glimpses"]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
            lessons = one.teacher.lessons(env, student, share, seed)
            if what == "glimpses":
                lessons = glimpses(env, self._cells(one), lessons, seed)
            with closing(lessons):
                for done, lesson in enumerate(islice(lessons, each), number * each + 1):
                    tell(f"round {self.round + 1}, {what}", done, each * len(self._specialists))
                    yield replace(lesson, inputs={name: lesson.inputs[name] for name in kept})

    def _cells(self, one: Specialist, image_size: tuple[int, int] | None = None) -> DexEnv:
        """Where a specialist teaches."""
        config = self.config
        return make_env(
            config.task, config.envs, sampler=self._sampler, threads=1, objects=one.objects, image_size=image_size
        )

    @property
    def _guided(self) -> Guided:
        return cast("Guided", self.learner.policy)

    @torch.no_grad()
    def _act(self, observation: Inputs) -> Array:
        """What the student does: the first action of its chunk."""
        inputs = {name: torch.from_numpy(observation[name]).to(self._device) for name in self.spec.shapes}
        actions: Array = self._guided.network(inputs)[:, 0].cpu().numpy().astype(np.float64)
        return actions

    def _resume(self, found: Checkpoint) -> None:
        found.check_task(self.config.task)
        try:
            self.learner.load_state_dict(found.agent)
        except (RuntimeError, KeyError, ValueError) as error:
            raise TrainingError(f"the run in {self._folder} has other settings; choose another folder") from error
        self.round, self.seconds = found.update, found.seconds
