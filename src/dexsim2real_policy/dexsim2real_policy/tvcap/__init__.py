"""TVCAP: the tactile-visual cross-attention policy and its attention maps. Needs torch."""

from dexsim2real_policy.tvcap.config import DINOV2_S, SMALL, TvcapConfig, VisionConfig
from dexsim2real_policy.tvcap.maps import attention_maps
from dexsim2real_policy.tvcap.network import Tvcap

__all__ = [
    "DINOV2_S",
    "SMALL",
    "Tvcap",
    "TvcapConfig",
    "VisionConfig",
    "attention_maps",
]
