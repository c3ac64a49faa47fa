"""The policy that learns from state and touch: the network that PPO trains too, with a chunk of actions as output."""

from __future__ import annotations

from math import prod

import torch
from rsl_rl.models import MLPModel
from tensordict import TensorDict
from torch import Tensor, nn

from dexsim2real_description import JOINTS
from dexsim2real_description.observation import ObservationSpec


class StateActor(nn.Module):
    """An rsl_rl model over all inputs of a spec side by side, in the spec's order."""

    def __init__(self, spec: ObservationSpec, layers: tuple[int, ...], chunk: int) -> None:
        super().__init__()
        self._chunk = chunk
        sizes = {name: prod(shape) for name, shape in spec.shapes.items()}
        example = TensorDict({name: torch.zeros(1, size) for name, size in sizes.items()}, batch_size=[1])
        self.model = MLPModel(
            example, {"actor": list(sizes)}, "actor", chunk * len(JOINTS), layers, obs_normalization=True
        )

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Mean actions (N, H, 23)."""
        return self.model(_flat(inputs)).unflatten(-1, (self._chunk, -1))  # type: ignore[no-any-return]

    def update_normalization(self, inputs: dict[str, Tensor]) -> None:
        """Take inputs into the normaliser's statistics."""
        self.model.update_normalization(_flat(inputs))


def _flat(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.flatten(1) for name, value in inputs.items()}
