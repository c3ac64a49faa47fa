"""A way from one point to another through what is free: RRT-Connect (Kuffner and LaValle 2000), by OMPL."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.optional import require

Array = NDArray[np.float64]

STEP = 0.02
"""Between points of an edge that are looked at while searching; whoever uses the path looks at it more closely."""
_SEED = 1


def find_path(
    start: Array, goal: Array, bounds: tuple[Array, Array], free: Callable[[Array], bool], seconds: float
) -> Array | None:
    """Corner points of a shortened path, shape (k, n), first `start` and last `goal`, each shape (n,).

    None if there is none that is found within `seconds`. Raises DexSim2RealError without OMPL.
    """
    require("ompl", "plan")
    from ompl import base, geometric, util

    util.setLogLevel(util.LOG_NONE)
    util.RNG.setSeed(_SEED)
    size = len(start)

    def array(state: base.State) -> Array:
        return np.array([state[i] for i in range(size)])

    space = base.RealVectorStateSpace(size)
    box = base.RealVectorBounds(size)
    for i, (low, high) in enumerate(zip(*bounds, strict=True)):
        box.setLow(i, float(low))
        box.setHigh(i, float(high))
    space.setBounds(box)
    ends = [space.allocState(), space.allocState()]
    for end, point in zip(ends, (start, goal), strict=True):
        for i, value in enumerate(point):
            end[i] = float(value)
    setup = geometric.SimpleSetup(space)
    setup.setStateValidityChecker(lambda state: free(array(state)))
    setup.getSpaceInformation().setStateValidityCheckingResolution(STEP / space.getMaximumExtent())
    setup.setStartAndGoalStates(*ends)
    setup.setPlanner(geometric.RRTConnect(setup.getSpaceInformation()))
    setup.solve(seconds)
    if not setup.haveExactSolutionPath():
        return None
    setup.simplifySolution(seconds)
    return np.array([array(state) for state in setup.getSolutionPath().getStates()])
