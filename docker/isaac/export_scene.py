"""Writes everything that Isaac Sim needs to know of the cell: cell.urdf and scene.json. Runs where MuJoCo is installed.

    python export_scene.py --task pick_place --out FOLDER

So no number of the cell is written down a second time, and Isaac Sim's own Python needs none of our packages but
the description.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from scene_parts import OFFERED

from dexsim2real_description import FINGERS, JOINTS, TIPS, DexSim2RealError, make_cell
from dexsim2real_description.urdf import cell_urdf
from dexsim2real_sim.objects import OBJECTS
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.scene import BACKDROP_RGB, TABLE_RGB
from dexsim2real_sim.tasks import make_task


def scene(task: str, arm: str, hand: str, touch: str, seed: int) -> dict[str, Any]:
    """The cell, the start of a task and the parameters, as JSON takes them; poses as x y z qw qx qy qz [m]."""
    cell, made = make_cell(arm, hand, touch), make_task(task)
    models = {slot.name: OBJECTS[(slot.choices or tuple(OBJECTS))[0]] for slot in made.slots}
    start = made.initial_state(np.random.default_rng(seed), 1.0, models)
    poses = {**start.poses, **start.held}
    if set(poses) != set(models):
        raise DexSim2RealError(f"{task} has bodies of its own, which Isaac Sim is not told; choose another task")
    return {
        "task": task,
        "joints": list(JOINTS),
        "start": start.joints.tolist(),
        "servos": {
            name: [getattr(servo, name) for servo in cell.servos]
            for name in ("kp", "kd", "effort", "velocity", "armature", "damping", "frictionloss")
        },
        "palm": cell.hand.root,
        "fingers": list(FINGERS),
        "tips": list(TIPS),
        "touch": touch,
        "table": {"centre": cell.table.centre, "size": cell.table.size},
        "objects": [
            {
                "name": name,
                "kind": models[name].kind,
                "extent": models[name].extent,
                "mass": models[name].mass,
                "rgb": models[name].rgb,
                "pose": poses[name].tolist(),
            }
            for name in models
        ],
        "cameras": [
            {
                "name": mount.name,
                "parent": mount.parent,
                "xyz": mount.xyz,
                "rotation": mount.rotation.tolist(),
                "frame": mount.frame,
                "lens": vars(mount.intrinsics),
            }
            for mount in cell.cameras
        ],
        "colors": {"table": TABLE_RGB, "background": BACKDROP_RGB},
        "parameters": {
            name: {"nominal": PARAMETERS[name].nominal, "bounds": PARAMETERS[name].bounds} for name in OFFERED
        },
    }


def main() -> None:
    """Command line."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--task", default="pick_place")
    words.add_argument("--arm", default="panda")
    words.add_argument("--hand", default="v4")
    words.add_argument("--touch", default="grid15")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--out", type=Path, required=True)
    given = words.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        made = scene(given.task, given.arm, given.hand, given.touch, given.seed)
    except DexSim2RealError as error:
        raise SystemExit(f"error: {error}") from None
    (given.out / "scene.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    (given.out / "cell.urdf").write_text(cell_urdf(make_cell(given.arm, given.hand, given.touch)), encoding="utf-8")


if __name__ == "__main__":
    main()
