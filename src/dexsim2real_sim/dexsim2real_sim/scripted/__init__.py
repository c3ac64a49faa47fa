"""Scripted motions: proof that every task's success can be reached."""

from dexsim2real_sim.scripted.script import Script

SCRIPTS: dict[str, type[Script]] = {}
"""The script of each task, by the task's name."""

__all__ = ["SCRIPTS", "Script"]
