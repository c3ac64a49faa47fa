"""Sizes and options of TVCAP.

The ablations need no flags beyond these: without touch or without vision is an ObservationSpec that lacks them,
without chunks is `chunk=1`, and concatenation instead of cross-attention is `fusion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class VisionConfig:
    """The image encoder: a vision transformer from scratch, or a pretrained DINOv2."""

    pretrained: str | None = None
    """Name or folder of DINOv2 weights for `transformers`, such as facebook/dinov2-small; the rest is then theirs."""
    patch: int = 14
    """Side of a patch [px]; the image size must be a multiple."""
    width: int = 128
    depth: int = 4
    heads: int = 4


SMALL = VisionConfig()
DINOV2_S = VisionConfig(width=384, depth=12, heads=6)
"""The size of DINOv2-S (Oquab et al. 2023, table 17), from scratch."""


@dataclass(frozen=True)
class TvcapConfig:
    """The whole network."""

    vision: VisionConfig = SMALL
    width: int = 128
    """Of the tokens that vision, touch and proprioception share."""
    heads: int = 4
    fusion: Literal["cross_attention", "concatenation"] = "cross_attention"
    """How vision and touch meet before the decoder: each queries the other, or not at all."""
    fusion_layers: int = 1
    decoder_layers: int = 2
    chunk: int = 16
    """Action steps per output, H."""
