"""Demonstrations to an artifact."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.cloning import CHECKPOINT, CloneConfig, Cloning
from dexsim2real_dr.imitation.demonstrations import Demonstrations
from dexsim2real_dr.imitation.expert import demonstrate
from dexsim2real_dr.imitation.learner import LearnerConfig
from dexsim2real_dr.training.agent import make_agent
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.config import PpoConfig
from dexsim2real_dr.training.start import start_from
from dexsim2real_dr.training.vec_env import tensors
from dexsim2real_policy import load_policy
from dexsim2real_sim import make_env

LEARNER = LearnerConfig(steps=6, batch=32)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short demonstrations."""
    file = tmp_path_factory.mktemp("demos") / "d.npz"
    episodes = islice(demonstrate(make_env("pick_place", 2, difficulty=0.0, threads=1), 0.3, seed=1), 2)
    Demonstrations("pick_place", 2, 1, 0.3, tuple(episodes)).save(file)
    return file


def test_a_clone_becomes_an_artifact_that_drives_the_cell(demos: Path, tmp_path: Path) -> None:
    run = Cloning(CloneConfig((demos,), chunk=4, layers=(16,), learner=LEARNER), tmp_path)
    last = list(run.run())[-1]
    assert (last.step, last.error) == (6, pytest.approx(run.error))
    report = run.export()
    assert report.contract.chunk.length == 4
    assert "2 demonstrations" in report.contract.provenance.note
    env = make_env("pick_place", 2, threads=1)
    env.reset()
    policy = load_policy(tmp_path / "policy", env.observation_spec, env.action_spec)
    assert policy.act(env.sensor_values()).positions.shape == (2, 4, 23)


def test_ppo_can_start_from_a_clone(demos: Path, tmp_path: Path) -> None:
    ppo = PpoConfig(actor_layers=(16, 8), critic_layers=(8,))
    run = Cloning(CloneConfig((demos,), chunk=2, layers=ppo.actor_layers, learner=LEARNER), tmp_path)
    list(run.run())
    observation, _ = make_env("pick_place", 2, threads=1).reset()
    agent = make_agent(tensors(observation), ppo, privileged=True)
    start_from(agent, Checkpoint.load(tmp_path / CHECKPOINT), noise=None)
    with torch.no_grad():
        actions = agent.get_policy()(tensors(observation))
        taught = run.learner.policy({name: torch.from_numpy(value) for name, value in observation.items()})
    torch.testing.assert_close(actions, taught[:, 0])


def test_a_run_that_was_stopped_goes_on(demos: Path, tmp_path: Path) -> None:
    config = CloneConfig((demos,), chunk=2, layers=(16,), learner=LEARNER)
    whole, first = Cloning(config, tmp_path / "whole"), Cloning(config, tmp_path / "stopped")
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    list(whole.run())
    list(first.learner.fit([first._learn], 2))
    first.save()
    second = Cloning(config, tmp_path / "stopped")
    assert second.learner.step == 2
    list(second.run())
    assert second.error == whole.error


def test_what_does_not_fit_is_refused(demos: Path, tmp_path: Path) -> None:
    config = CloneConfig((demos,), chunk=2, layers=(16,), learner=LEARNER)
    run = Cloning(config, tmp_path)
    list(run.run())
    with pytest.raises(TrainingError, match="other settings"):
        Cloning(replace(config, layers=(8,)), tmp_path)
    other = tmp_path / "other.npz"
    found = Demonstrations.load(demos)
    replace(found, task="stacking").save(other)
    with pytest.raises(TrainingError, match="pick_place, stacking"):
        Cloning(replace(config, demos=(demos, other)), tmp_path)
