"""Training that starts with an actor which can already do something."""

from __future__ import annotations

from pathlib import Path

import torch
from rsl_rl.algorithms import PPO

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.checkpoint import Checkpoint

ACTOR, CRITIC = "actor_state_dict", "critic_state_dict"
"""Parts of a checkpoint's agent, as rsl_rl names them; imitation gives only the actor."""


def start_from(agent: PPO, file: Path, task: str, noise: float) -> None:
    """Give the agent the actor of a checkpoint, and the critic if it has one; actions then vary by `noise`.

    Raises TrainingError if the file is no checkpoint, belongs to another task or has an actor of other sizes.
    """
    found = Checkpoint.load(file)
    found.check_task(task)
    try:
        agent.get_policy().load_state_dict(found.agent[ACTOR])
        if CRITIC in found.agent:
            agent.critic.load_state_dict(found.agent[CRITIC])
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            f"the networks in {file} do not fit: {' '.join(str(error).split())}; "
            "train with the same inputs and layers as it was made with"
        ) from error
    with torch.no_grad():
        agent.get_policy().distribution.log_std_param.fill_(torch.tensor(noise).log())
