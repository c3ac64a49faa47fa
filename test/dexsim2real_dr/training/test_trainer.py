"""A training is the same to the bit however often it is interrupted."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.run_folder import CHECKPOINT
from dexsim2real_dr.training.trainer import Trainer

PPO = PpoConfig(rollout=4, epochs=2, mini_batches=2, actor_layers=(8,), critic_layers=(8,))
TINY = TrainConfig("in_hand_rotation", envs=4, steps=96, save_every=2, ppo=PPO, time_limit=0.2)
"""Six updates with episodes of six steps, so that many end, and checkpoints after 0, 2, 4 and 6."""


def finish(trainer: Trainer) -> Checkpoint:
    for _ in trainer.run():
        pass
    return Checkpoint.load(trainer.folder / CHECKPOINT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return finish(Trainer(TINY, tmp_path_factory.mktemp("whole")))


def assert_same(found: Checkpoint, expected: Checkpoint) -> None:
    assert (found.update, found.curriculum) == (expected.update, expected.curriculum)
    for part in ("actor_state_dict", "critic_state_dict"):
        for name, value in expected.agent[part].items():
            assert torch.equal(found.agent[part][name], value), name
    for a, b in zip(
        found.agent["optimizer_state_dict"]["state"].values(),
        expected.agent["optimizer_state_dict"]["state"].values(),
        strict=True,
    ):
        assert all(torch.equal(a[name], b[name]) for name in b)


def test_the_same_seed_gives_the_same_weights(whole: Checkpoint, tmp_path: Path) -> None:
    assert_same(finish(Trainer(TINY, tmp_path)), whole)


def test_another_seed_gives_other_weights(whole: Checkpoint, tmp_path: Path) -> None:
    other = finish(Trainer(replace(TINY, seed=1), tmp_path))
    assert not torch.equal(
        other.agent["actor_state_dict"]["mlp.0.weight"], whole.agent["actor_state_dict"]["mlp.0.weight"]
    )


def test_a_training_that_was_cut_off_goes_on_as_if_nothing_had_happened(whole: Checkpoint, tmp_path: Path) -> None:
    cut = Trainer(TINY, tmp_path)
    for progress in cut.run():
        if progress.update == 3:  # one update after the checkpoint: it is lost and done again
            break
    resumed = Trainer(TINY, tmp_path)
    resumed.resume()
    assert resumed.update == 2
    assert_same(finish(resumed), whole)


def test_a_saved_stop_between_checkpoints_loses_nothing(tmp_path: Path) -> None:
    stopped = Trainer(TINY, tmp_path)
    for progress in stopped.run():
        if progress.update == 3:
            stopped.save()
            break
    resumed = Trainer(TINY, tmp_path)
    resumed.resume()
    assert (resumed.update, resumed.steps) == (3, 48)
    assert finish(resumed).update == 6


def test_progress_counts_steps_and_episodes(tmp_path: Path) -> None:
    history = list(Trainer(TINY, tmp_path).run())
    assert [entry.steps for entry in history] == [16, 32, 48, 64, 80, 96]
    # Episodes of at most 6 steps: in the 8 steps between two checkpoints each of the four cells ends at least one.
    assert sum(entry.episodes for entry in history) >= 12
    assert all(0.0 < entry.env_share < 1.0 for entry in history)
    assert max(entry.length or 0.0 for entry in history) <= 6.0


def test_while_the_critic_warms_up_the_actor_stays(whole: Checkpoint, tmp_path: Path) -> None:
    whole.save(tmp_path / "start.pt")
    config = replace(TINY, start_from=tmp_path / "start.pt", warm_up=2, steps=48, start_noise=0.3)
    trainer = Trainer(config, tmp_path / "run")
    (tmp_path / "run").mkdir()
    actor, critic = trainer.agent.get_policy().mlp[0].weight, trainer.agent.critic.mlp[0].weight
    start, valued = actor.clone(), critic.clone()
    assert torch.equal(start, whole.agent["actor_state_dict"]["mlp.0.weight"])
    assert trainer.agent.get_policy().distribution.log_std_param.exp().tolist() == pytest.approx([0.3] * 23)
    same = [torch.equal(actor, start) for _ in trainer.run()]
    assert same == [True, True, False]
    assert not torch.equal(critic, valued)


def test_a_checkpoint_of_other_networks_or_of_another_task_is_refused(whole: Checkpoint, tmp_path: Path) -> None:
    whole.save(tmp_path / CHECKPOINT)
    with pytest.raises(TrainingError, match="other networks"):
        Trainer(replace(TINY, ppo=replace(PPO, actor_layers=(9,))), tmp_path).resume()
    with pytest.raises(TrainingError, match="for task in_hand_rotation, not pick_place"):
        Trainer(replace(TINY, task="pick_place"), tmp_path).resume()
    with pytest.raises(TrainingError, match="do not fit"):
        Trainer(replace(TINY, start_from=tmp_path / CHECKPOINT, ppo=replace(PPO, actor_layers=(9,))), tmp_path)
    with pytest.raises(TrainingError, match="another curriculum"):
        replace(whole, curriculum='{"lessons": {}}').save(tmp_path / CHECKPOINT)
        Trainer(replace(TINY, start_from=tmp_path / CHECKPOINT), tmp_path)


def test_an_actor_that_may_see_more_starts_with_what_it_could_do(whole: Checkpoint, tmp_path: Path) -> None:
    whole.save(tmp_path / "start.pt")
    blind = Trainer(replace(TINY, start_from=tmp_path / "start.pt"), tmp_path)
    seeing = Trainer(replace(TINY, start_from=tmp_path / "start.pt", privileged=True), tmp_path)
    observation = blind.env.get_observations()
    actors = [trainer.agent.get_policy().eval() for trainer in (blind, seeing)]
    assert actors[1].obs_dim > actors[0].obs_dim
    torch.testing.assert_close(actors[1](observation), actors[0](observation), rtol=0, atol=1e-6)
    scaling, critic = (model.obs_normalizer for model in (actors[1], seeing.agent.critic))
    assert torch.equal(scaling.mean[actors[0].obs_dim :], critic.mean[actors[0].obs_dim :])
