"""What the cell is, as data: joints, limits, kinematics, touch layouts, cameras, URDF."""

from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.names import ARM_JOINTS, FINGERS, HAND_JOINTS, JOINTS, VENDOR_JOINTS

__all__ = [
    "ARM_JOINTS",
    "FINGERS",
    "HAND_JOINTS",
    "JOINTS",
    "VENDOR_JOINTS",
    "DexSim2RealError",
    "UnknownNameError",
]
