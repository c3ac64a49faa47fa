"""Images to tokens: a small vision transformer, or a pretrained DINOv2."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dexsim2real_description.optional import require
from dexsim2real_policy.errors import PolicyError
from dexsim2real_policy.tvcap.attention import SelfBlock
from dexsim2real_policy.tvcap.config import VisionConfig

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)
"""Of ImageNet, as DINOv2 was trained with."""


class VisionEncoder(nn.Module):
    """One encoder for all cameras; an embedding tells their tokens apart."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: VisionConfig, cameras: int, image_size: tuple[int, int], width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGE_MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGE_STD).view(3, 1, 1))
        self.backbone: nn.Module
        if config.pretrained is None:
            self.backbone, features = Vit(config, image_size), config.width
        else:
            self.backbone = PretrainedVit(config.pretrained, image_size)
            features = self.backbone.width
        self.project = nn.Linear(features, width)
        self.camera = nn.Parameter(torch.randn(cameras, 1, width) * 0.02)

    def forward(self, images: Tensor) -> Tensor:
        """Tokens (N, C * P, width), camera by camera, patches row by row, from uint8 images (N, C, H, W, 3)."""
        pixels = images.flatten(0, 1).permute(0, 3, 1, 2).float() / 255.0
        tokens = self.project(self.backbone((pixels - self.mean) / self.std))
        return (tokens.unflatten(0, (-1, self.camera.shape[0])) + self.camera).flatten(1, 2)  # type: ignore[no-any-return]


class Vit(nn.Module):
    """A plain vision transformer without class token (Dosovitskiy et al. 2021)."""

    def __init__(self, config: VisionConfig, image_size: tuple[int, int]) -> None:
        super().__init__()
        rows, columns = patch_grid(image_size, config.patch)
        self.embed = nn.Conv2d(3, config.width, config.patch, stride=config.patch)
        self.position = nn.Parameter(torch.randn(rows * columns, config.width) * 0.02)
        self.blocks = nn.Sequential(*(SelfBlock(config.width, config.heads) for _ in range(config.depth)))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, pixels: Tensor) -> Tensor:
        """Patch tokens (N, P, width) from normalised pixels (N, 3, H, W)."""
        tokens = self.embed(pixels).flatten(2).transpose(1, 2) + self.position
        return self.norm(self.blocks(tokens))  # type: ignore[no-any-return]


class PretrainedVit(nn.Module):
    """DINOv2 from `transformers`, from weights that are on this machine; nothing is downloaded."""

    patch = 14
    """Of every DINOv2 model [px]."""

    def __init__(self, name: str, image_size: tuple[int, int]) -> None:
        super().__init__()
        patch_grid(image_size, self.patch)
        self.model = _load_dinov2(name)
        self.width = int(self.model.config.hidden_size)

    def forward(self, pixels: Tensor) -> Tensor:
        """Patch tokens (N, P, width), without the class token, from normalised pixels (N, 3, H, W)."""
        tokens: Tensor = self.model(pixel_values=pixels).last_hidden_state[:, 1:]
        return tokens


def _load_dinov2(name: str) -> Any:
    transformers = require("transformers", "vision")
    try:  # safetensors only: the other format is a pickle
        return transformers.Dinov2Model.from_pretrained(name, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise PolicyError(
            f"no DINOv2 weights {name!r} on this machine; fetch them with: huggingface-cli download {name}, "
            "or use the small encoder"
        ) from error


def patch_grid(image_size: tuple[int, int], patch: int) -> tuple[int, int]:
    """Rows and columns of patches. Raises PolicyError if the image is not a whole number of them."""
    if image_size[0] % patch or image_size[1] % patch:
        raise PolicyError(
            f"images of {image_size[0]} x {image_size[1]} pixels are no whole number of patches of {patch}; "
            f"choose a multiple of {patch}, such as 112 or 224 for 14"
        )
    return image_size[0] // patch, image_size[1] // patch
