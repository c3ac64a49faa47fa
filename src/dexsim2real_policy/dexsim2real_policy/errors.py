"""What can be wrong with a policy."""

from dexsim2real_description import DexSim2RealError


class PolicyError(DexSim2RealError):
    """A policy cannot be made, written, read or run."""


class ContractMismatchError(PolicyError):
    """A policy was made for another robot, other sensors or other rates than those at hand."""
