"""Teaching a student round by round."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.distill import Distillation, student_spec
from dexsim2real_dr.imitation.distill_config import DistillConfig
from dexsim2real_dr.imitation.learner import LearnerConfig
from dexsim2real_dr.imitation.samples import Lesson
from dexsim2real_dr.imitation.teacher import Specialist
from dexsim2real_policy import load_policy
from dexsim2real_policy.tvcap import TvcapConfig, VisionConfig
from dexsim2real_sim import make_env

NETWORK = TvcapConfig(vision=VisionConfig(width=16, depth=1, heads=2), width=16, heads=2, decoder_layers=1, chunk=2)
CONFIG = DistillConfig(
    "pick_place", rounds=2, episodes=3, envs=1, vision=False, image_size=28, network=NETWORK,
    learner=LearnerConfig(steps=4, batch=8),
)  # fmt: skip


class Still:
    """A teacher that holds still for four steps; who drove is seen from the student's calls."""

    def __init__(self, reason: str = "") -> None:
        self.reason, self.driven = reason, 0

    def check(self, env):
        """Anywhere."""

    def lessons(self, env, student, share, seed):
        rng = np.random.default_rng(seed)
        while True:
            observation, _ = env.reset(seed=int(rng.integers(100)))
            if student is not None and share < 1:
                assert student(observation).shape == (env.num_envs, 23)
                self.driven += 1
            inputs = {name: np.repeat(value[:1], 4, axis=0) for name, value in observation.items()}
            yield Lesson(inputs, rng.normal(size=(4, 2, 23)).astype(np.float32), self.reason)


def run(folder: Path, config: DistillConfig = CONFIG, **teachers: Still) -> Distillation:
    folder.mkdir(exist_ok=True)
    specialists = [Specialist(teacher, (name,)) for name, teacher in teachers.items()] or [Specialist(Still())]
    return Distillation(config, specialists, None, folder)


def weights(distillation: Distillation) -> list[torch.Tensor]:
    return list(distillation.learner.policy.state_dict().values())


def test_a_stopped_run_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    assert [progress.steps for progress in whole.run()] == [12, 24]
    assert "blindness" in (tmp_path / "whole" / "curve.csv").read_text()
    first = run(tmp_path / "stopped")
    next(first.run())
    second = run(tmp_path / "stopped")
    assert second.round == 1
    list(second.run())
    for one, other in zip(weights(whole), weights(second), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    with pytest.raises(TrainingError, match="other settings"):
        run(tmp_path / "whole", replace(CONFIG, network=replace(NETWORK, width=8)))


def test_several_teachers_share_a_round_and_the_student_drives_from_the_second_on(tmp_path: Path) -> None:
    teachers = {"apple": Still(), "orange": Still()}
    list(run(tmp_path, **teachers).run())
    assert [teacher.driven for teacher in teachers.values()] == [2, 2]  # two lessons each, in one of two rounds


def test_glimpses_come_beside_the_episodes_and_do_not_count_as_such(tmp_path: Path) -> None:
    progress = next(run(tmp_path, replace(CONFIG, glimpses=5)).run())
    assert (progress.steps, progress.success) == ((3 + 5) * 4, 1.0)


def test_what_failed_is_left_out_if_asked(tmp_path: Path) -> None:
    config = replace(CONFIG, successes=True, guided=False)
    teachers = {"apple": Still(), "orange": Still("dropped")}
    progress = next(run(tmp_path / "one", config, **teachers).run())
    assert (progress.steps, progress.success, progress.blindness) == (8, 0.5, None)
    with pytest.raises(TrainingError, match="no episode of 4"):
        next(run(tmp_path / "none", config, apple=Still("dropped"), orange=Still("dropped")).run())


def test_a_student_has_the_senses_it_is_given_and_none_of_a_simulator(tmp_path: Path) -> None:
    offered = make_env("pick_place", 1, image_size=(28, 28), threads=1).observation_spec
    assert list(student_spec(offered, CONFIG).shapes) == ["proprioception", "touch", "images"]
    assert list(student_spec(offered, replace(CONFIG, touch=False)).shapes) == ["proprioception", "images"]


def test_the_student_becomes_an_artifact(tmp_path: Path) -> None:
    config = replace(CONFIG, rounds=1, vision=True)
    distillation = run(tmp_path, config)
    list(distillation.run())
    report = distillation.export("a teacher that stands still", "0" * 64)
    assert set(report.contract.parity) == {"float32", "int8"}
    assert report.contract.provenance.randomization_sha256 == "0" * 64
    env = make_env("pick_place", 1, image_size=(28, 28), threads=1)
    env.reset()
    chunk = load_policy(tmp_path / "policy", env.observation_spec, env.action_spec).act(env.sensor_values())
    assert chunk.positions.shape == (1, 2, 23)
