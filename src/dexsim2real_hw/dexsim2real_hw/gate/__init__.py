"""The safety gate, without ROS: what leaves it is inside the limits, whatever goes in."""

from dexsim2real_hw.gate.chunk import ActionChunk, ChunkPoint
from dexsim2real_hw.gate.config import GateConfig, InputBounds
from dexsim2real_hw.gate.readings import LIMITS, Action, Reading
from dexsim2real_hw.gate.safety_gate import CHUNK, JOINT_STATES, TOUCH, SafetyGate
from dexsim2real_hw.gate.state import Answer, Command, Counters, GateState, Mode

__all__ = [
    "CHUNK",
    "JOINT_STATES",
    "LIMITS",
    "TOUCH",
    "Action",
    "ActionChunk",
    "Answer",
    "ChunkPoint",
    "Command",
    "Counters",
    "GateConfig",
    "GateState",
    "InputBounds",
    "Mode",
    "Reading",
    "SafetyGate",
]
