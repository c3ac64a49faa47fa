"""What can go wrong at the hardware, in kinds that callers treat differently."""

from __future__ import annotations

from dexsim2real_description import DexSim2RealError


class HardwareError(DexSim2RealError):
    """A device cannot be reached, or stopped itself; nothing moves until a person has looked."""


class UnsafeError(HardwareError):
    """A device that may still be driving its motors and no longer listens: somebody must cut its power."""


class CommandError(DexSim2RealError):
    """A command that no driver passes on: wrong number of joints, or numbers that are not finite."""
