"""The stochastic head for PPO: a Gaussian round the network's chunk."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal


class GaussianHead(nn.Module):
    """One learned standard deviation per output, the same at every step of the chunk and in every state."""

    def __init__(self, outputs: int, std: float = 0.5) -> None:
        super().__init__()
        self.log_std = nn.Parameter(torch.full((outputs,), std).log())

    def forward(self, mean: Tensor) -> Independent[Normal]:
        """Distribution over whole chunks, from the network's output (N, H, outputs); log_prob has shape (N,)."""
        return Independent(Normal(mean, self.log_std.exp().expand_as(mean)), 2)
