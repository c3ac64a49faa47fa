"""How fast the cameras are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from dexsim2real_description import JOINTS
from dexsim2real_description.area import Size
from dexsim2real_sim.env import make_env

SIZES: tuple[Size, ...] = ((64, 64), (224, 224))
ENVS = 16
"""Environments whose images are taken in turn, so that every frame shows another scene."""
ROUNDS = 5

Row = dict[str, str | int | float | None]


def bench_rendering(task: str, sizes: Sequence[Size] = SIZES, seconds: float = 2.0) -> Iterator[Row]:
    """Rows with frames per second (one frame is one camera's image) and steps per second with both images.

    Each number is the median of several measurements that take `seconds` [s] in all.
    """
    for size in sizes:
        env = make_env(task, ENVS, image_size=size)
        env.reset()
        look = partial(env.camera_images, size)
        yield {
            "task": task,
            "image": f"{size[1]} x {size[0]}",
            "frames/s": round(_rate(look, seconds) * ENVS * len(env.cell.cameras)),
            "env steps/s with images": round(_rate(partial(env.step, np.zeros((ENVS, len(JOINTS)))), seconds) * ENVS),
        }
        env.close()


def _rate(work: Callable[[], object], seconds: float) -> float:
    """Median calls per second."""
    work()
    rates = []
    for _ in range(ROUNDS):
        begin, calls = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - begin) < seconds / ROUNDS:
            work()
            calls += 1
        rates.append(calls / elapsed)
    return float(np.median(rates))
