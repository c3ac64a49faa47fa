"""The six tasks by name."""

from __future__ import annotations

from dexsim2real_description import UnknownNameError
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.tasks.base import Task, World
from dexsim2real_sim.tasks.in_hand_rotation import InHandRotation
from dexsim2real_sim.tasks.peg_insertion import PegInsertion
from dexsim2real_sim.tasks.pick_place import PickPlace
from dexsim2real_sim.tasks.pouring import Pouring
from dexsim2real_sim.tasks.stacking import Stacking
from dexsim2real_sim.tasks.tool_use import ToolUse

_TASKS: tuple[type[Task], ...] = (PickPlace, Stacking, PegInsertion, InHandRotation, ToolUse, Pouring)
TASKS: dict[str, type[Task]] = {task.name: task for task in _TASKS}


def make_task(name: str, pregrasp: bool = False) -> Task:
    """The task of that name; with `pregrasp` an empty hand starts around what it is to grasp.

    Raises UnknownNameError, which lists the valid names, and SimError for a task without anything to reach for.
    """
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    task = TASKS[name]()
    if pregrasp and task.grasped:
        raise SimError(f"in task {name} the hand holds the object from the start; leave pregrasp out")
    task.pregrasp = pregrasp
    return task


__all__ = ["TASKS", "Task", "World", "make_task"]
