"""What attention looked at, brought back to pixels and taxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dexsim2real_description import FINGERS
from dexsim2real_policy.errors import PolicyError
from dexsim2real_policy.tvcap.attention import Attention
from dexsim2real_policy.tvcap.network import Fusion, Inputs, Tvcap


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Shares of attention in the first fusion layer, each map summing to 1."""

    images: NDArray[np.float64]
    """How much touch looks at each image patch, mean over taxels, shape (N, C, rows, columns)."""
    touch: NDArray[np.float64]
    """How much vision looks at each taxel, mean over patches, shape (N, 4, T)."""


def attention_maps(network: Tvcap, inputs: Inputs) -> AttentionMaps:
    """Where touch and vision look at each other for a batch of inputs.

    Raises PolicyError for a network without cross-attention, which has nothing to show.
    """
    if not network.fusion:
        raise PolicyError("this network has no cross-attention between vision and touch; there are no maps to draw")
    fusion = cast("Fusion", network.fusion[0])
    looks = {"images": fusion.touch_to_vision.attention, "touch": fusion.vision_to_touch.attention}
    weights = {name: w.mean(dim=1).double().cpu().numpy() for name, w in _weights(network, inputs, looks).items()}
    cameras = len(network.spec.cameras)
    side = network.spec.image_size
    patches = weights["images"].shape[1] // cameras
    rows = round((patches * side[0] / side[1]) ** 0.5)
    return AttentionMaps(
        images=weights["images"].reshape(-1, cameras, rows, patches // rows),
        touch=weights["touch"].reshape(-1, len(FINGERS), network.spec.taxels),
    )


def _weights(network: Tvcap, inputs: Inputs, layers: dict[str, Attention]) -> dict[str, Tensor]:
    """Weights (N, Q, K) that the named layers use in one pass over the inputs."""
    found: dict[str, Tensor] = {}

    def keep(name: str, layer: Attention, arguments: tuple[Tensor, Tensor]) -> None:
        found[name] = layer.weights(*arguments)

    hooks = [
        layer.register_forward_pre_hook(lambda module, args, name=name: keep(name, module, args))
        for name, layer in layers.items()
    ]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found
