"""Scripted motions: proof that every task's success can be reached."""

from dexsim2real_sim.scripted.in_hand_rotation import InHandRotationScript
from dexsim2real_sim.scripted.peg_insertion import PegInsertionScript
from dexsim2real_sim.scripted.pick_place import PickPlaceScript
from dexsim2real_sim.scripted.pouring import PouringScript
from dexsim2real_sim.scripted.script import Script
from dexsim2real_sim.scripted.stacking import StackingScript
from dexsim2real_sim.scripted.tool_use import ToolUseScript

SCRIPTS: dict[str, type[Script]] = {
    "pick_place": PickPlaceScript,
    "stacking": StackingScript,
    "peg_insertion": PegInsertionScript,
    "in_hand_rotation": InHandRotationScript,
    "tool_use": ToolUseScript,
    "pouring": PouringScript,
}
"""The script of each task, by the task's name."""

__all__ = ["SCRIPTS", "Script"]
