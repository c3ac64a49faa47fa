"""Transformer layers, pre-norm, with weights that can be asked for (torch's own module hides them when it is fast)."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Multi-head attention of queries over a context."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, queries: Tensor, context: Tensor) -> Tensor:
        """What the queries find, shape (N, Q, width), in a context of shape (N, K, width)."""
        q, k, v = self._split(self.query(queries)), self._split(self.key(context)), self._split(self.value(context))
        found = functional.scaled_dot_product_attention(q, k, v)
        return self.out(found.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def weights(self, queries: Tensor, context: Tensor) -> Tensor:
        """How much each query looks at each token of the context, mean over heads, shape (N, Q, K); rows sum to 1."""
        q, k = self._split(self.query(queries)), self._split(self.key(context))
        scores = q @ k.transpose(-1, -2) / sqrt(q.shape[-1])
        shares: Tensor = torch.softmax(scores, dim=-1).mean(dim=1)
        return shares

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # type: ignore[no-any-return]


def feed_forward(width: int) -> nn.Sequential:
    """Norm, widen four times, GELU, narrow."""
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class SelfBlock(nn.Module):
    """Self-attention and a feed-forward layer, each with a residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feed_forward = feed_forward(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, K, width) to the same shape."""
        normed = self.norm(tokens)
        tokens = tokens + self.attention(normed, normed)
        return tokens + self.feed_forward(tokens)  # type: ignore[no-any-return]


class CrossBlock(nn.Module):
    """Cross-attention to a context and a feed-forward layer, each with a residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.context_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feed_forward = feed_forward(width)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Tokens (N, Q, width), after they queried the context (N, K, width)."""
        tokens = tokens + self.attention(self.norm(tokens), self.context_norm(context))
        return tokens + self.feed_forward(tokens)  # type: ignore[no-any-return]
