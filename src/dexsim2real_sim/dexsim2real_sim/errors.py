"""Errors of the simulated cell."""

from dexsim2real_description import DexSim2RealError


class SimError(DexSim2RealError):
    """A wrong setting or use of the simulator."""
