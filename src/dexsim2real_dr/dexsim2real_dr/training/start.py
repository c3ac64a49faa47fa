"""Training that starts with an actor which can already do something."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from rsl_rl.algorithms import PPO
from torch import Tensor

from dexsim2real_description import JOINTS
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.checkpoint import Checkpoint

ACTOR, CRITIC = "actor_state_dict", "critic_state_dict"
"""Parts of a training's checkpoint, as rsl_rl names them."""
_CLONE, _PREFIX = "mean", "module.model."
"""Where imitation keeps its network."""
_NOISE = "distribution.log_std_param"


def start_from(agent: PPO, file: Path, task: str, noise: float) -> None:
    """Give the agent the actor of a checkpoint, and the critic if it has one; actions then vary by `noise`.

    Of a cloned policy that gives chunks, the first action counts. Raises TrainingError if the file is no checkpoint,
    belongs to another task or has an actor of other sizes.
    """
    found = Checkpoint.load(file)
    found.check_task(task)
    actor = agent.get_policy()
    spread = torch.full((len(JOINTS),), noise).log()
    try:
        actor.load_state_dict({**_actor(found.agent), _NOISE: spread})
        if CRITIC in found.agent:
            agent.critic.load_state_dict(found.agent[CRITIC])
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            f"the networks in {file} do not fit: {' '.join(str(error).split())}; "
            "train with the inputs and layers that it was made with (--privileged, --ppo.actor-layers)"
        ) from error


def _actor(agent: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights of the actor, whoever made them."""
    if _CLONE not in agent:
        return dict(agent[ACTOR])
    weights = {name.removeprefix(_PREFIX): value for name, value in agent[_CLONE].items() if name.startswith(_PREFIX)}
    last = max((name for name in weights if name.endswith(".bias")), key=lambda name: int(name.split(".")[-2]))
    for name in (last, last.replace("bias", "weight")):
        weights[name] = weights[name][: len(JOINTS)]
    return weights
