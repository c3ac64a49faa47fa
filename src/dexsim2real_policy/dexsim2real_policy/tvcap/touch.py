"""Touch to tokens, one per taxel."""

from __future__ import annotations

import torch
from rsl_rl.modules import EmpiricalNormalization
from torch import Tensor, nn

from dexsim2real_description import FINGERS
from dexsim2real_description.touch import TouchLayout

LENGTH = 0.02
"""Scale of taxel positions before they are embedded [m]: about the size of a fingertip."""


class TouchEncoder(nn.Module):
    """A token is the taxel's force, plus where on the tip it sits, plus which finger it is on."""

    def __init__(self, layout: TouchLayout, width: int) -> None:
        super().__init__()
        # One statistic per axis, not per taxel: a taxel that was rarely touched would be blown up.
        self.normalizer = EmpiricalNormalization(3)
        self.force = nn.Sequential(nn.Linear(3, width), nn.GELU(), nn.Linear(width, width))
        self.place = nn.Sequential(nn.Linear(3, width), nn.GELU(), nn.Linear(width, width))
        self.finger = nn.Parameter(torch.randn(len(FINGERS), 1, width) * 0.02)
        positions = torch.tensor(layout.positions / LENGTH, dtype=torch.float32)
        self.register_buffer("positions", positions - positions.mean(dim=0))

    def forward(self, touch: Tensor) -> Tensor:
        """Tokens (N, 4 * T, width), finger by finger, from scaled forces (N, 4, T, 3)."""
        tokens = self.force(self.normalizer(touch)) + self.place(self.positions) + self.finger
        return tokens.flatten(1, 2)  # type: ignore[no-any-return]
