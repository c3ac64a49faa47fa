"""PPO goes on with a student that distillation taught, chunk by chunk."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dexsim2real_dr.curriculum.choose import make_curriculum
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.distill import Distillation
from dexsim2real_dr.imitation.distill_config import DistillConfig
from dexsim2real_dr.imitation.learner import LearnerConfig
from dexsim2real_dr.imitation.samples import Lesson
from dexsim2real_dr.imitation.teacher import Specialist
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.chunk_env import ChunkEnv
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.export import export_run
from dexsim2real_dr.training.run_folder import CHECKPOINT, open_run
from dexsim2real_dr.training.student import Student
from dexsim2real_dr.training.trainer import Trainer
from dexsim2real_policy import load_policy
from dexsim2real_policy.tvcap import TvcapConfig, VisionConfig
from dexsim2real_sim import make_env

TASK, CHUNK = "in_hand_rotation", 3
NETWORK = TvcapConfig(vision=VisionConfig(width=16, depth=1, heads=2), width=16, heads=2, decoder_layers=1, chunk=CHUNK)
TAUGHT = DistillConfig(
    TASK, rounds=1, episodes=2, envs=1, image_size=28, network=NETWORK, learner=LearnerConfig(steps=2, batch=4)
)
PPO = PpoConfig(rollout=2, epochs=1, mini_batches=2, critic_layers=(8,))


class Still:
    """A teacher that does nothing, for four steps."""

    def check(self, env):
        """It can teach everything."""

    def lessons(self, env, student, share, seed):
        while True:
            observation, _ = env.reset(seed=seed)
            inputs = {name: np.repeat(value[:1], 4, axis=0) for name, value in observation.items()}
            yield Lesson(inputs, np.zeros((4, CHUNK, 23), np.float32), "")


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> Path:
    """The folder of a distillation."""
    folder = tmp_path_factory.mktemp("taught")
    for _ in Distillation(TAUGHT, [Specialist(Still())], None, folder).run():
        pass
    return folder


def settings(taught: Path, **changes) -> TrainConfig:
    """Four updates of four decisions of three steps, the first of which leaves the actor alone."""
    return replace(
        TrainConfig(TASK, envs=2, steps=48, save_every=2, curriculum="flat", warm_up=1, student=taught, ppo=PPO),
        **changes,
    )


def finish(trainer: Trainer) -> dict:
    for _ in trainer.run():
        pass
    return Checkpoint.load(trainer.folder / CHECKPOINT).agent["actor_state_dict"]


def test_it_begins_as_it_was_taught_and_learns(taught, tmp_path):
    trainer = Trainer(settings(taught), tmp_path)
    before = {name: value.clone() for name, value in trainer.agent.get_policy().state_dict().items()}
    student = Student.load(taught, TASK)
    for name, value in student.weights.items():
        assert torch.equal(before[f"network.{name}"], value), name
    progress = list(trainer.run())
    assert [one.steps for one in progress] == [12, 24, 36, 48]
    after = trainer.agent.get_policy().state_dict()
    moved = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert {"vision", "touch", "state", "fusion", "decoder"} <= moved
    scaling = [name for name in before if "normalizer" in name]
    assert scaling
    assert all(torch.equal(before[name], after[name]) for name in scaling)


def test_the_critic_learns_first(taught, tmp_path):
    trainer = Trainer(settings(taught, steps=12), tmp_path)
    before = [value.clone() for value in trainer.agent.get_policy().parameters()]
    critic = [value.clone() for value in trainer.agent.critic.parameters()]
    finish(trainer)
    assert all(map(torch.equal, before, trainer.agent.get_policy().parameters()))
    assert not all(map(torch.equal, critic, trainer.agent.critic.parameters()))


def test_a_decision_is_a_chunk_to_ppo(taught, tmp_path):
    agent = Trainer(settings(taught), tmp_path).agent
    assert agent.gamma == pytest.approx(PPO.gamma**CHUNK)
    assert agent.desired_kl == pytest.approx(PPO.desired_kl * CHUNK)
    assert agent.storage.actions.shape == (PPO.rollout, 2, CHUNK * 23)


def test_a_cut_off_training_goes_on_the_same(taught, tmp_path):
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole = finish(Trainer(settings(taught), tmp_path / "whole"))
    cut = Trainer(settings(taught), tmp_path / "cut")
    for progress in cut.run():
        if progress.update == 3:
            break
    resumed = Trainer(settings(taught), tmp_path / "cut")
    resumed.resume()
    assert resumed.update == 2
    again = finish(resumed)
    assert all(torch.equal(again[name], whole[name]) for name in whole)


def test_it_becomes_an_artifact_that_sees_what_the_student_saw(taught, tmp_path):
    config = settings(taught, steps=12)
    open_run(tmp_path, config)
    finish(Trainer(config, tmp_path))
    report = export_run(tmp_path, tmp_path / "policy")
    assert set(report.contract.observation.shapes) == {"proprioception", "touch", "images"}
    assert report.contract.chunk.length == CHUNK
    env = make_env(TASK, image_size=(28, 28))
    env.reset()
    policy = load_policy(tmp_path / "policy", env.observation_spec, env.action_spec)
    assert policy.act(env.sensor_values()).positions.shape == (1, CHUNK, 23)


class Steps:
    """Two cells with rewards 1, 2, 3 and so on; one ends at the fourth step, the other's time is up at the fifth."""

    num_envs = 2

    def __init__(self, cells):
        self.cells, self.actions = cells, []
        self.time_limit, self.config, self.world = cells.time_limit, cells.config, cells.world
        self.steps = np.zeros(2, int)

    def step(self, actions):
        self.actions.append(actions.copy())
        count = len(self.actions)
        ended, late = np.array([count == 4, False]), np.array([False, count == 5])
        info = {"success": ended, "final_reasons": [""]}
        return {"touch": np.zeros((2, 1), np.float32)}, np.full(2, count, np.float32), ended, late, info


def test_rewards_of_a_chunk_are_discounted_to_its_beginning_and_end_with_the_episode():
    cells = make_env(TASK, 2)
    curriculum = make_curriculum(cells, "flat", 0, SchedulerConfig())
    env = ChunkEnv(curriculum, 1.0, torch.device("cpu"), CHUNK, gamma=0.5)
    env.env = fake = Steps(cells)
    _, reward, done, extras = env.step(torch.ones(2, CHUNK * 23))
    assert reward.tolist() == [1 + 0.5 * 2 + 0.25 * 3] * 2
    assert done.tolist() == [False, False]
    _, reward, done, extras = env.step(torch.ones(2, CHUNK * 23))
    assert reward.tolist() == [4, 4 + 0.5 * 5]  # cell 0 ends at the 4th step, cell 1 runs out of time at the 5th
    assert done.tolist() == [True, True]
    assert extras["time_outs"].tolist() == [False, True]
    assert [actions[:, 0].tolist() for actions in fake.actions[3:]] == [[1, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "holds no TVCAP student.*dexsim2real distill"),
        (lambda folder: (folder / "config.json").write_text("{}"), "holds no TVCAP student"),
        (lambda folder: (folder / "checkpoint.pt").unlink(), "there is no checkpoint"),
        (
            lambda folder: (folder / "config.json").write_text(
                json.dumps(asdict(replace(TAUGHT, network=replace(NETWORK, chunk=5))))
            ),
            "does not fit",
        ),
    ],
)
def test_a_folder_that_holds_no_student_is_refused(taught, tmp_path, spoil, message):
    for name in ("config.json", "checkpoint.pt"):
        (tmp_path / name).write_bytes((taught / name).read_bytes())
    spoil(tmp_path)
    with pytest.raises(TrainingError, match=message):
        Trainer(settings(tmp_path), tmp_path / "run")


def test_a_student_of_another_task_or_with_features_is_refused(taught, tmp_path):
    with pytest.raises(TrainingError, match="is for task in_hand_rotation"):
        Trainer(settings(taught, task="pouring"), tmp_path)
    with pytest.raises(TrainingError, match="leave --start-from, --privileged"):
        settings(taught, privileged=True)
