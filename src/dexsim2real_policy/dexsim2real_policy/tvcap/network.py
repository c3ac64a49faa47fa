"""TVCAP: vision and touch query each other, a decoder turns what they found into a chunk of actions.

After DexSim2Real section 3.3: tokens of one width from images, taxels and proprioception; bidirectional cross-attention
with residuals; concatenation along the tokens; a transformer decoder with learned queries, one per future step.
"""

from __future__ import annotations

import torch
from rsl_rl.modules import EmpiricalNormalization
from torch import Tensor, nn

from dexsim2real_description import JOINTS
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_description.touch import touch_layout
from dexsim2real_policy.tvcap.attention import CrossBlock, SelfBlock
from dexsim2real_policy.tvcap.config import TvcapConfig
from dexsim2real_policy.tvcap.touch import TouchEncoder
from dexsim2real_policy.tvcap.vision import VisionEncoder

Inputs = dict[str, Tensor]
"""As :func:`dexsim2real_description.observation.build_inputs` makes them, as tensors with a batch."""


class Tvcap(nn.Module):
    """The network for what `spec` lists: without touch or without cameras it does without those tokens."""

    def __init__(self, spec: ObservationSpec, config: TvcapConfig) -> None:
        super().__init__()
        self.spec = spec
        self.config = config
        width, heads = config.width, config.heads
        self.vision = VisionEncoder(config.vision, len(spec.cameras), spec.image_size, width) if spec.cameras else None
        self.touch = TouchEncoder(touch_layout(spec.touch_layout), width) if spec.touch_layout is not None else None
        numbers = sum(spec.shapes[name][0] for name in self.vectors)
        self.normalizer = EmpiricalNormalization(numbers)
        self.state = nn.Sequential(nn.Linear(numbers, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        both = self.vision is not None and self.touch is not None
        layers = config.fusion_layers if both and config.fusion == "cross_attention" else 0
        self.fusion = nn.ModuleList(Fusion(width, heads) for _ in range(layers))
        self.decoder = Decoder(config)

    @property
    def vectors(self) -> list[str]:
        """Inputs that become the one state token."""
        return [name for name in ("proprioception", "features") if name in self.spec.shapes]

    def forward(self, inputs: Inputs) -> Tensor:
        """Mean actions, shape (N, H, 23)."""
        return self.decoder(self.tokens(inputs))  # type: ignore[no-any-return]

    def tokens(self, inputs: Inputs) -> Tensor:
        """What the decoder looks at: vision, touch and state, shape (N, K, width)."""
        state = self.state(self.normalizer(torch.cat([inputs[name] for name in self.vectors], dim=-1)))
        tokens = [state.unsqueeze(1)]
        if self.touch is not None:
            tokens.insert(0, self.touch(inputs["touch"]))
        if self.vision is not None:
            tokens.insert(0, self.vision(inputs["images"]))
        for layer in self.fusion:
            tokens[:2] = layer(tokens[0], tokens[1])
        return torch.cat(tokens, dim=1)

    def update_normalization(self, inputs: Inputs) -> None:
        """Take a batch of inputs into the running statistics; without effect in evaluation mode."""
        self.normalizer.update(torch.cat([inputs[name] for name in self.vectors], dim=-1))
        if self.touch is not None:
            self.touch.normalizer.update(inputs["touch"].flatten(0, 2))


class Fusion(nn.Module):
    """Vision queries touch and touch queries vision, both as they were before."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.vision_to_touch = CrossBlock(width, heads)
        self.touch_to_vision = CrossBlock(width, heads)

    def forward(self, vision: Tensor, touch: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (N, C * P, width) and (N, 4 * T, width), each having looked at the other."""
        return self.vision_to_touch(vision, touch), self.touch_to_vision(touch, vision)


class Decoder(nn.Module):
    """Learned queries, one per future step, look at each other and at the tokens."""

    def __init__(self, config: TvcapConfig) -> None:
        super().__init__()
        width, heads = config.width, config.heads
        self.queries = nn.Parameter(torch.randn(config.chunk, width) * 0.02)
        self.among = nn.ModuleList(SelfBlock(width, heads) for _ in range(config.decoder_layers))
        self.across = nn.ModuleList(CrossBlock(width, heads) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, len(JOINTS))
        nn.init.uniform_(self.out.weight, -1e-3, 1e-3)  # an untrained policy hardly moves
        nn.init.zeros_(self.out.bias)

    def forward(self, memory: Tensor) -> Tensor:
        """One output per query, shape (N, H, 23), from tokens (N, K, width)."""
        steps = self.queries.expand(memory.shape[0], -1, -1)
        for among, across in zip(self.among, self.across, strict=True):
            steps = across(among(steps), memory)
        return self.out(self.norm(steps))  # type: ignore[no-any-return]
