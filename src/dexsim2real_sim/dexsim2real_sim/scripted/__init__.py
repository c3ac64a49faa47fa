"""Scripted motions: proof that every task's success can be reached."""

from dexsim2real_sim.scripted.pouring import PouringScript
from dexsim2real_sim.scripted.script import Script
from dexsim2real_sim.scripted.tool_use import ToolUseScript

SCRIPTS: dict[str, type[Script]] = {"tool_use": ToolUseScript, "pouring": PouringScript}
"""The script of each task, by the task's name."""

__all__ = ["SCRIPTS", "Script"]
