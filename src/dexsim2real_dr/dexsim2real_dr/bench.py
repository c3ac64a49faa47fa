"""Problems whose answers are known: references come from twins, whose parameters are hidden from the methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.motion import Teaching, twin_traces
from dexsim2real_dr.probe import probes
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import Twin
from dexsim2real_sim.excitation import TASK


class PictureBench:
    """Pictures of twins at known robot poses."""

    def __init__(self, task: str, names: Sequence[str], poses: int, size: int) -> None:
        """Square pictures of `size` [px]. Raises as EmbeddedSimulator does."""
        self._stands, self._size = Poses(task, poses), (size, size)
        self._simulator = EmbeddedSimulator(self._stands, names, self._size)

    def problem(self, twin: Twin) -> Problem:
        """To find what this twin hides."""
        simulator = self._simulator
        with closing(EmbeddedSimulator(self._stands, (), self._size, twin)) as truth:
            seen = truth.pictures(np.empty(0))
        return Problem(self._stands.task, simulator.names, simulator.observe, ImageCritic(), seen, simulator.described)


class MotionBench:
    """Traces of twins that follow the probes."""

    def __init__(
        self, task: str, names: Sequence[str], teaching: Teaching, advance: Callable[[], None] = lambda: None
    ) -> None:
        """`advance` is called after every rollout that teaches the critic.

        Raises SearchError for another task than that of the motions, UnknownNameError for a parameter.
        """
        if task != TASK:
            raise SearchError(f"the motions that show parameters are for {TASK}, not for {task}; say --task {TASK}")
        self._simulator = teaching.simulator(probes(), names)
        self._critic, self._taught = teaching.critic(self._simulator, advance), teaching.described

    def problem(self, twin: Twin) -> Problem:
        """To find what this twin hides."""
        simulator, seen = self._simulator, twin_traces(twin, self._simulator.motions)
        how = f"{simulator.described}; {self._taught}"
        return Problem(TASK, simulator.names, simulator.observe, self._critic, seen, how)
