"""Reference pictures with the robot poses in which they were taken, and the folder that holds both."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from dexsim2real_description import JOINTS
from dexsim2real_description.area import Size
from dexsim2real_description.writing import whole_folder
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import Twin

FILE = "capture.json"
SCHEMA = 2


def capture(twin: Twin, poses: Poses, size: Size, out: Path) -> int:
    """Pictures of a twin by both cameras at every pose; nothing of its parameters is written.

    Returns the number of pictures. Raises as `save_capture`.
    """
    check_folder(out)
    simulator = EmbeddedSimulator(poses, (), size, twin)
    taken, joints = simulator.pictures(np.empty(0)), simulator.joints
    simulator.close()
    standing = tuple(map(tuple, joints.tolist()))
    return save_capture(out, Poses(poses.task, poses.count, poses.seed, standing), taken)


def check_folder(out: Path) -> None:
    """Raises SearchError if there is something in the folder already, or it is none."""
    if out.exists() and not (out.is_dir() and next(out.iterdir(), None) is None):
        raise SearchError(f"{out} is not an empty folder; pictures get one of their own, choose another name")


def save_capture(out: Path, poses: Poses, taken: Evidence) -> int:
    """Write the pictures, `front_00.png` and so on, pose by pose, and capture.json with the poses, all or none.

    Returns the number of pictures. Raises SearchError if `out` is not empty or cannot be written.
    """
    check_folder(out)
    described = {
        "schema": SCHEMA, "task": poses.task, "count": poses.count, "seed": poses.seed,
        "joints": list(JOINTS), "positions": [list(row) for row in poses.joints],
    }  # fmt: skip
    numbers: Counter[str] = Counter()
    with whole_folder(out, SearchError) as folder:
        folder.mkdir()
        for view, image in zip(taken.views, taken.images, strict=True):
            Image.fromarray(image).save(folder / f"{view}_{numbers[view]:02d}.png")
            numbers[view] += 1
        (folder / FILE).write_text(json.dumps(described, indent=2) + "\n")
    return len(taken.images)


def captured_poses(folder: Path) -> Poses | None:
    """The poses in which the pictures of a folder were taken; None if it does not say.

    Raises SearchError for a capture.json that is not one.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        data = json.loads(file.read_text())
        if data["schema"] != SCHEMA:
            raise SearchError(f"{file} has schema {data['schema']}, this program reads {SCHEMA}; capture again")
        columns = [data["joints"].index(joint) for joint in JOINTS]
        positions = tuple(tuple(float(row[i]) for i in columns) for row in data["positions"])
        return Poses(str(data["task"]), int(data["count"]), int(data["seed"]), positions)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise SearchError(f"{file} does not describe a capture ({error!r}); capture again or remove it") from error
