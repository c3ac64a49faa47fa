"""A training on chained sub-skills goes on to the bit after a cut: levels, buffers and random streams are saved."""

import shutil

import numpy as np
import pytest
import torch

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.curriculum.decomposition import Decomposition, reference
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.run_folder import CHECKPOINT
from dexsim2real_dr.training.trainer import Trainer

PPO = PpoConfig(rollout=4, epochs=1, mini_batches=2, actor_layers=(8,), critic_layers=(8,))
CONFIG = TrainConfig(
    "in_hand_rotation", envs=4, steps=96, save_every=2, ppo=PPO, time_limit=0.2, curriculum="reference"
)


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """A checkpoint at which the second sub-skill is to be learnt from the ends of the first."""
    folder = tmp_path_factory.mktemp("chained")
    trainer = Trainer(CONFIG, folder)
    curriculum = trainer.curriculum
    for _ in range(40):
        curriculum.env.step(np.random.default_rng(0).uniform(-1, 1, (4, 23)))
    for _ in range(8):
        for env in range(4):
            for buffer in curriculum.buffers:
                buffer.add(curriculum.env.snapshot(env))
    for lesson in curriculum.lessons:
        lesson.passed = lesson.name != "second_third chained"
    assert [curriculum.lessons[i].name for i in curriculum.open] == ["second_third chained"]
    trainer.save()
    return folder / CHECKPOINT


def resumed(checkpoint, folder):
    folder.mkdir(exist_ok=True)
    shutil.copy(checkpoint, folder / CHECKPOINT)
    trainer = Trainer(CONFIG, folder)
    trainer.resume()
    return trainer


def finish(trainer):
    for _ in trainer.run():
        pass
    return Checkpoint.load(trainer.folder / CHECKPOINT)


def test_a_cut_changes_nothing(chained, tmp_path):
    whole = finish(resumed(chained, tmp_path / "whole"))
    for progress in resumed(chained, tmp_path / "cut").run():
        if progress.update == 3:  # the checkpoint is of update 2
            break
    again = finish(resumed(tmp_path / "cut" / CHECKPOINT, tmp_path / "again"))
    assert again.curriculum == whole.curriculum
    for name, value in whole.agent["actor_state_dict"].items():
        assert torch.equal(again.agent["actor_state_dict"][name], value), name


def test_another_decomposition_is_refused(chained, tmp_path):
    skills = reference("in_hand_rotation").skills
    Decomposition(task="in_hand_rotation", source="test", skills=skills[::2]).save(tmp_path / "d.yaml")
    shutil.copy(chained, tmp_path / CHECKPOINT)
    config = TrainConfig(**{**vars(CONFIG), "curriculum": str(tmp_path / "d.yaml")})
    with pytest.raises(DexSim2RealError, match="the decomposition that the training began with"):
        Trainer(config, tmp_path).resume()
