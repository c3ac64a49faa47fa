"""Actor, critic and PPO, from rsl_rl's parts."""

from __future__ import annotations

import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict

from dexsim2real_description import ARM_JOINTS, JOINTS
from dexsim2real_dr.training.config import NOISE_RANGE, PpoConfig
from dexsim2real_dr.training.tvcap_actor import TvcapActor

SENSED = ("proprioception", "touch")
"""Observation groups that a robot's sensors give."""
PRIVILEGED = "features"
"""What only a simulator knows."""
_SMALL = 0.01
"""Of the actor's last layer at the start, so that the robot begins by staying where it is."""


def make_agent(
    observation: TensorDict,
    config: PpoConfig,
    privileged: bool,
    multi_gpu: dict[str, int] | None = None,
    student: TvcapActor | None = None,
) -> PPO:
    """PPO on the device of observations like these; the critic sees all groups, the actor all or those a robot senses.

    Normalisers of the observations are part of both networks. `multi_gpu` as World has it. With a student, it is the
    actor, and a decision is a chunk of its actions, as ChunkEnv has it.
    """
    sensed = [name for name in SENSED if name in observation.keys()]  # noqa: SIM118  (a TensorDict iterates rows)
    groups = {"actor": [*sensed, PRIVILEGED] if privileged else sensed, "critic": [*sensed, PRIVILEGED]}
    actor = student or _small_actor(observation, groups, config)
    critic = MLPModel(observation, groups, "critic", 1, config.critic_layers, obs_normalization=True)
    chunk = 1 if student is None else student.network.config.chunk
    size = int(observation.batch_size[0])
    device = str(next(iter(observation.values())).device)
    storage = RolloutStorage("rl", size, config.rollout, observation, [chunk * len(JOINTS)], device)
    return PPO(
        actor,
        critic,
        storage,
        num_learning_epochs=config.epochs,
        num_mini_batches=config.mini_batches,
        clip_param=config.clip,
        gamma=config.gamma**chunk,
        lam=config.gae,
        entropy_coef=config.entropy,
        learning_rate=config.learning_rate,
        desired_kl=config.desired_kl * chunk,
        use_clipped_value_loss=False,
        device=device,
        multi_gpu_cfg=multi_gpu,
    )


def _small_actor(observation: TensorDict, groups: dict[str, list[str]], config: PpoConfig) -> MLPModel:
    noise = {"class_name": "GaussianDistribution", "std_type": "log", "std_range": NOISE_RANGE}
    actor = MLPModel(
        observation,
        groups,
        "actor",
        len(JOINTS),
        config.actor_layers,
        obs_normalization=True,
        distribution_cfg=noise,
    )
    _start_calmly(actor, config)
    return actor


@torch.no_grad()
def _start_calmly(actor: MLPModel, config: PpoConfig) -> None:
    """Actions near zero, with less noise for the arm than for the hand."""
    last = actor.mlp[-1]
    last.weight.mul_(_SMALL)
    last.bias.zero_()
    noise = torch.full((len(JOINTS),), config.hand_noise)
    noise[: len(ARM_JOINTS)] = config.arm_noise
    actor.distribution.log_std_param.copy_(noise.log())
