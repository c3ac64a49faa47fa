"""What can go wrong between a sensor and a frame."""

from __future__ import annotations

from dexsim2real_description import DexSim2RealError


class SourceError(DexSim2RealError):
    """A sensor cannot be opened, or has stopped; opening it again later may help."""


class SourceEndedError(SourceError):
    """A replayed source has no more frames; opening it again would only repeat them."""


class FrameError(DexSim2RealError):
    """A message is not a frame, or not one of the sensor that was configured."""
