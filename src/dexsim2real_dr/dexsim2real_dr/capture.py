"""Reference pictures of a twin at known robot poses: what a camera on the real robot would have taken."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from dexsim2real_description import JOINTS
from dexsim2real_description.area import Size
from dexsim2real_dr.critics.references import SUFFIXES
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.simulator import Poses, Simulator
from dexsim2real_sim import Twin

FILE = "capture.json"
SCHEMA = 1


def capture(twin: Twin, poses: Poses, size: Size, out: Path) -> int:
    """Write pictures of both cameras at every pose, `front_00.png` and so on, and capture.json with the poses.

    Nothing of the twin's parameters is written. Returns the number of pictures. Raises SearchError if `out` holds
    pictures already or cannot be written.
    """
    if out.is_dir() and any(f.suffix.lower() in SUFFIXES for f in out.iterdir()):
        raise SearchError(
            f"{out} holds pictures already, which would be mixed with the new ones; choose another folder"
        )
    simulator = Simulator(poses, (), size, twin)
    taken, joints = simulator.pictures(np.empty(0)), simulator.joints
    simulator.close()
    described = {"schema": SCHEMA, **asdict(poses), "joints": list(JOINTS), "positions": joints.tolist()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for i, (view, image) in enumerate(zip(taken.views, taken.images, strict=True)):
            Image.fromarray(image).save(out / f"{view}_{i // len(set(taken.views)):02d}.png")
        (out / FILE).write_text(json.dumps(described, indent=2) + "\n")
    except OSError as error:
        raise SearchError(f"cannot write pictures to {out}: {error.strerror}; choose another folder") from error
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
        return Poses(str(data["task"]), int(data["count"]), int(data["seed"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchError(f"{file} does not describe a capture ({error!r}); capture again or remove it") from error
