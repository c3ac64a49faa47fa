"""TVCAP: the tactile-visual cross-attention policy, its attention maps and its head for PPO. Needs torch."""

from dexsim2real_policy.tvcap.config import DINOV2_S, SMALL, TvcapConfig, VisionConfig, critic_config
from dexsim2real_policy.tvcap.gaussian import GaussianHead
from dexsim2real_policy.tvcap.maps import attention_maps
from dexsim2real_policy.tvcap.network import Tvcap

__all__ = [
    "DINOV2_S",
    "SMALL",
    "GaussianHead",
    "Tvcap",
    "TvcapConfig",
    "VisionConfig",
    "attention_maps",
    "critic_config",
]
