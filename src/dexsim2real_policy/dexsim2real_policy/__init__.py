"""TVCAP network, export, policy artifact, inference and policy node."""

from dexsim2real_policy.errors import ContractMismatchError, PolicyError
from dexsim2real_policy.inference import ActionChunk, Policy, hold_policy, load_policy

__all__ = ["ActionChunk", "ContractMismatchError", "Policy", "PolicyError", "hold_policy", "load_policy"]
