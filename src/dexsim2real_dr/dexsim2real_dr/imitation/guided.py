"""A student that has to say what the simulator knows while it learns to act, so that it learns where to look."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from rsl_rl.modules import EmpiricalNormalization
from torch import Tensor, nn

from dexsim2real_dr.imitation.learner import distance
from dexsim2real_dr.imitation.samples import Samples
from dexsim2real_policy.tvcap import Tvcap
from dexsim2real_policy.tvcap.attention import CrossBlock
from dexsim2real_policy.tvcap.network import Inputs

FEATURES = "features"
"""Input that the student does not have: the task's privileged state."""
_AT_ONCE = 256
"""Steps."""
_WEIGHT = 0.1
"""Of what it says beside what it does: at first some five times the rest of the loss, and less than half in the end."""


class Guided(nn.Module):
    """TVCAP with a second answer from the same tokens: the task's features, where objects are among them.

    What to do tells little of where an object is: far away, every action goes the same way at full speed. Telling
    its place is what images are for, and the error of that reaches the encoders from every step (Levine et al. 2016
    teach the first layers of a visuomotor policy the pose of the object). The second answer is not part of the policy.
    """

    def __init__(self, network: Tvcap, features: int) -> None:
        super().__init__()
        self.network = network
        width = network.config.width
        self.query = nn.Parameter(torch.randn(1, width) * 0.02)
        self.look = CrossBlock(width, network.config.heads)
        self.say = nn.Linear(width, features)
        self.normalizer = EmpiricalNormalization(features)

    def forward(self, inputs: Inputs) -> Tensor:
        """The policy: mean actions (N, H, 23)."""
        return self.network(inputs)  # type: ignore[no-any-return]

    def both(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Mean actions (N, H, 23), and the features (N, F) as it would say them, in units of their spread."""
        tokens = self.network.tokens(inputs)
        told = self.say(self.look(self.query.expand(len(tokens), -1, -1), tokens)[:, 0])
        return self.network.decoder(tokens), told

    @torch.no_grad()
    def blindness(self, samples: Sequence[Samples]) -> float:
        """Root mean square error of what it says, in units of the features' spread: 1 if it sees nothing."""
        batches = (rows.to(self.query.device).inputs for part in samples for rows in part.parts(_AT_ONCE))
        squares = [(self.both(rows)[1] - self.normalizer(rows[FEATURES])).square().mean(dim=1) for rows in batches]
        return float(torch.cat(squares).mean().sqrt())

    def update_normalization(self, inputs: Inputs) -> None:
        """Take a batch of inputs into the running statistics of inputs and features."""
        self.network.update_normalization(inputs)
        self.normalizer.update(inputs[FEATURES])


def guided(network: nn.Module, batch: Samples) -> Tensor:
    """Loss of what a `Guided` network does and of what it says."""
    actions, told = network.both(batch.inputs)  # type: ignore[operator]
    known = network.normalizer(batch.inputs[FEATURES])  # type: ignore[operator]
    return distance(actions, batch.chunks) + _WEIGHT * distance(told, known)
