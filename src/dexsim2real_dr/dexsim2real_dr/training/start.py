"""Training that starts with an actor which can already do something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from rsl_rl.algorithms import PPO
from torch import Tensor
from torch.nn import functional

from dexsim2real_description import JOINTS
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.checkpoint import Checkpoint

ACTOR, CRITIC = "actor_state_dict", "critic_state_dict"
"""Parts of a training's checkpoint, as rsl_rl names them."""
_CLONE, _PREFIX = "mean", "module.model."
"""Where imitation keeps its network."""
CLONED_NOISE = 0.15
"""Standard deviation of the actions that a cloned policy starts with."""
_NOISE = "distribution.log_std_param"
_FIRST = "mlp.0.weight"


def start_from(agent: PPO, found: Checkpoint, noise: float | None) -> None:
    """Give the agent the actor of a checkpoint, and the critic if it has one.

    Actions then vary by `noise`; with None as they did, or by CLONED_NOISE if the actor was cloned. Of a cloned policy
    that gives chunks, the first action counts. An actor that saw less than the critic may now see as much: what is
    new to it has no weight yet. Raises TrainingError if the networks do not fit.
    """
    actor = agent.get_policy()
    try:
        weights = _actor(found.agent)
        if noise is not None or _NOISE not in weights:
            weights[_NOISE] = torch.full((len(JOINTS),), noise or CLONED_NOISE).log()
        if CRITIC in found.agent:
            weights = _widened(weights, found.agent[CRITIC], actor.obs_dim)
            agent.critic.load_state_dict(found.agent[CRITIC])
        actor.load_state_dict(weights)
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            f"the networks to start from do not fit: {' '.join(str(error).split())}; "
            "train with the inputs and layers that they were made with (--privileged, --ppo.actor-layers)"
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


def _widened(weights: dict[str, Tensor], critic: Mapping[str, Tensor], inputs: int) -> dict[str, Tensor]:
    """An actor for the critic's inputs, of which the last ones are new to it; what it says stays the same."""
    new = inputs - weights[_FIRST].shape[1]
    if new <= 0:
        return weights
    scaling = {name: value for name, value in critic.items() if name.startswith("obs_normalizer.")}
    seen = {name: _joined(weights[name], value) for name, value in scaling.items()}
    return {**weights, **seen, _FIRST: functional.pad(weights[_FIRST], (0, new))}


def _joined(old: Tensor, new: Tensor) -> Tensor:
    """The old statistics, shape (1, I), and beyond their end the new ones, shape (1, I + new)."""
    return old if old.ndim == 0 else torch.cat([old, new[:, old.shape[1] :]], dim=1)
