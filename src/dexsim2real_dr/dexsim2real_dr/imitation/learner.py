"""Supervised learning of action chunks: one loop for the small state policy and for TVCAP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dexsim2real_dr.imitation.samples import Samples, draw

_QUADRATIC = 0.1
"""Errors below this count squared and larger ones plainly, so that the expert's few jumps do not rule the rest."""
_WARM_UP = 200
"""Steps over which the learning rate rises."""
_LARGEST_GRADIENT = 1.0
_CPU = torch.device("cpu")

Loss = Callable[[nn.Module, Samples], Tensor]
"""Of a network on a batch."""


def distance(answers: Tensor, wanted: Tensor) -> Tensor:
    """Mean over all numbers, squared for small differences and plain for large ones (Huber)."""
    return functional.smooth_l1_loss(answers, wanted, beta=_QUADRATIC)


def imitation(network: nn.Module, batch: Samples) -> Tensor:
    """How far its actions are from those that are taught."""
    return distance(network(batch.inputs), batch.chunks)


@dataclass(frozen=True)
class LearnerConfig:
    """How long and how fast to learn."""

    steps: int = 8000
    """Gradient steps in all; the learning rate falls to zero by the last."""
    batch: int = 1024
    learning_rate: float = 1e-3
    averaging: float = 0.998
    """The policy is the running mean of the weights, which forgets at this rate per step (exponential)."""


class Learner:
    """A network under training and its running mean. Batches follow from the seed and the number of the step."""

    def __init__(
        self,
        network: nn.Module,
        first: Samples,
        config: LearnerConfig,
        seed: int,
        device: torch.device = _CPU,
        loss: Loss = imitation,
    ) -> None:
        """`first` are the samples by which inputs are scaled from now on; the network can `update_normalization`."""
        self.config, self.seed, self.step = config, seed, 0
        self.device, self._loss = device, loss
        network.update_normalization(first.inputs)  # type: ignore[operator]
        self.network = network.to(device).train()
        forget = get_ema_multi_avg_fn(config.averaging)
        self._mean = AveragedModel(network, multi_avg_fn=forget)
        self._optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=1e-4)

    @property
    def policy(self) -> nn.Module:
        """The running mean of the networks so far, in evaluation mode."""
        network: nn.Module = self._mean.module
        return network.eval()

    def fit(self, samples: Sequence[Samples], steps: int) -> Iterator[float]:
        """Take gradient steps on all of these samples, yielding the loss of each."""
        for _ in range(steps):
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
            yield self._learn(draw(samples, self.config.batch, generator).to(self.device))

    @torch.no_grad()
    def error(self, samples: Sequence[Samples]) -> float:
        """Root mean square difference between the policy's actions and the samples', full scale 1."""
        batches = (rows.to(self.device) for part in samples for rows in part.parts(self.config.batch))
        squares = [functional.mse_loss(self.policy(b.inputs), b.chunks, reduction="sum").item() for b in batches]
        return float((sum(squares) / sum(part.chunks.numel() for part in samples)) ** 0.5)

    def state_dict(self) -> dict[str, Any]:
        """Everything that learning goes on from."""
        return {
            "network": self.network.state_dict(),
            "mean": self._mean.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.network.load_state_dict(state["network"])
        self._mean.load_state_dict(state["mean"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def _learn(self, batch: Samples) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        loss = self._loss(self.network, batch)
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self._optimizer.step()
        self._mean.update_parameters(self.network)
        self.step += 1
        return loss.item()

    def _learning_rate(self) -> float:
        """Up over the first steps, then down to zero."""
        left = max(0.0, 1.0 - self.step / self.config.steps)
        return self.config.learning_rate * left * min(1.0, (self.step + 1) / _WARM_UP)
