"""Checks that try the real thing: one image, one second of physics, one action for a real observation."""

from __future__ import annotations

import time
from importlib import metadata
from pathlib import Path

import numpy as np

from dexsim2real_bringup.doctor.check import DoctorOptions, Result
from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.inference import Policy, hold_policy, load_policy
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.live import LiveCell
from dexsim2real_sim.plant import CONTROL_RATE

TASK = "pick_place"
SIZE = (480, 640)
"""Of the cameras' images, height and width [px]."""
RATE = 30.0
"""Of observations [Hz]."""
_ONE = np.array([0])


def physics(options: DoctorOptions) -> Result:
    """Whether MuJoCo runs the cell, and how fast."""
    live = _cell(options)
    begin = time.perf_counter()
    for _ in range(round(CONTROL_RATE)):
        live.tick()
    factor = 1.0 / (time.perf_counter() - begin)
    found = f"MuJoCo {metadata.version('mujoco')}, {factor:.0f} times real time"
    if factor < 2.0:
        return Result(found, warnings=("too slow to keep real time beside the other nodes",))
    return Result(found)


def rendering(options: DoctorOptions) -> Result:
    """Whether images can be drawn without a display."""
    live = _cell(options)
    cameras = live.make_cameras(live.cell.cameras, SIZE)
    try:
        cameras.frames(_ONE)
        begin = time.perf_counter()
        images = cameras.frames(_ONE).color
        elapsed = time.perf_counter() - begin
    finally:
        cameras.close()
    found = f"both cameras in {elapsed * 1e3:.0f} ms"
    if images.std() < 1.0:
        return Result(found, errors=("the images are blank; try another MUJOCO_GL: egl or osmesa",))
    if elapsed > 2 / RATE:
        return Result(found, warnings=(f"slower than {RATE:g} images per second",))
    return Result(found)


def policy(options: DoctorOptions) -> Result:
    """Whether the policy answers a real observation of the simulated cell with a motion that the cell can make."""
    live = _cell(options)
    chosen = _policy(options)
    values = live.readings()
    if names := chosen.contract.observation.cameras:
        cameras = live.make_cameras(live.cell.cameras, SIZE)
        images = cameras.frames(_ONE).color[0]
        cameras.close()
        mounts = [mount.name for mount in live.cell.cameras]
        values.images = {name: images[None, mounts.index(name)] for name in names}
    chunk = chosen.act(values)
    limits = live.cell.limits
    inside = (
        np.isfinite(chunk.positions).all()
        and ((chunk.positions >= limits.lower - 1e-9) & (chunk.positions <= limits.upper + 1e-9)).all()
    )
    found = f"{options.policy}: {chunk.positions.shape[1]} steps"
    if not inside:
        return Result(found, errors=("the policy asks for positions outside the joint limits; do not run it",))
    return Result(found)


def _cell(options: DoctorOptions) -> LiveCell:
    live = LiveCell(EnvConfig(TASK, arm=options.arm, hand=options.hand, touch=options.touch))
    live.tick()
    return live


def _policy(options: DoctorOptions) -> Policy:
    cell = make_cell(options.arm, options.hand, options.touch)
    observation = ObservationSpec.of_cell(cell, rate=RATE)
    if options.policy == "hold":
        return hold_policy(observation, ActionSpec.of_cell(cell, rate=RATE))
    return load_policy(Path(options.policy), observation, ActionSpec.of_cell(cell, rate=RATE))
