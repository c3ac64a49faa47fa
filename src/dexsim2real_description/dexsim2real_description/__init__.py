"""What the cell is, as data: joints, limits, kinematics, touch layouts, cameras, URDF."""

from dexsim2real_description.camera import CAMERAS
from dexsim2real_description.cell import Cell, make_cell
from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.hand import TIPS
from dexsim2real_description.model import Limits
from dexsim2real_description.names import ARM_JOINTS, FINGERS, HAND_JOINTS, JOINTS, VENDOR_JOINTS
from dexsim2real_description.touch import TouchLayout, touch_layout
from dexsim2real_description.workspace import Workspace

__all__ = [
    "ARM_JOINTS",
    "CAMERAS",
    "FINGERS",
    "HAND_JOINTS",
    "JOINTS",
    "TIPS",
    "VENDOR_JOINTS",
    "Cell",
    "DexSim2RealError",
    "Limits",
    "TouchLayout",
    "UnknownNameError",
    "Workspace",
    "make_cell",
    "touch_layout",
]
