"""``dr capture``: reference pictures of a twin, of the cameras of a running graph, or of a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dexsim2real_bringup.cli.dr import known_task, say
from dexsim2real_description import CAMERAS, DexSim2RealError
from dexsim2real_description.area import Size
from dexsim2real_dr.bag_capture import bag_capture
from dexsim2real_dr.capture import capture as twin_capture
from dexsim2real_dr.capture import check_folder, save_capture
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import Twin

PATIENCE = 10.0
"""For the graph's cameras and joints [s]."""


def capture(
    twin: int | None = None,
    live: bool = False,
    bag: Path | None = None,
    task: str = "pick_place",
    poses: int = 2,
    every: float = 5.0,
    size: int = 224,
    out: Path | None = None,
) -> None:
    """Take reference pictures with both cameras, and note where the robot stands in each.

    Say one of --twin, --live and --bag.

    Args:
        twin: seed of a twin, the simulated stand-in for a real robot.
        live: the cameras of the running graph, real or simulated; move the robot in between.
        bag: a recording with images and joints; pictures are spread evenly over it.
        task: whose scene is seen.
        poses: in how many poses the robot is seen.
        every: so long between two pictures of --live [s].
        size: of the square pictures of a twin [px]; others are kept as the cameras give them.
        out: folder for the pictures; a folder in runs/references if not given.
    """
    if (twin is not None) + live + (bag is not None) != 1:
        raise DexSim2RealError("say one of --twin SEED, --live and --bag RECORDING")
    asked = Poses(known_task(task), poses)
    if twin is not None:
        folder = out or Path("runs/references") / str(twin)
        count = twin_capture(Twin.draw(twin), asked, (size, size), folder)
    else:
        folder = out or Path("runs/references") / ("live" if bag is None else bag.stem)
        check_folder(folder)  # before a person moves a robot
        stood, taken = _live(asked, every) if bag is None else bag_capture(bag, task, poses)
        count = save_capture(folder, stood, taken)
    say(f"{count} pictures in {folder}")


def _live(asked: Poses, every: float) -> tuple[Poses, Evidence]:
    """One picture of each camera per pose, with `every` seconds in between to move the robot."""
    from dexsim2real_bringup.graph_eyes import GraphEyes
    from dexsim2real_bringup.ros_session import RosSession

    if every < 0:
        raise DexSim2RealError(f"--every is {every:g} s; it must be 0 or more")
    images, joints = [], []
    with RosSession("capture", images=True) as session:
        eyes = GraphEyes(session, PATIENCE)
        for number in range(asked.count):
            if number:
                session.spin(every)
            images += eyes.look()
            joints.append(tuple(eyes.joints.tolist()))
            say(f"pose {number + 1} of {asked.count} taken")
    same: set[Size] = {image.shape[:2] for image in images}
    if len(same) > 1:
        raise DexSim2RealError(f"the cameras have images of {len(same)} sizes; set them to the same")
    return Poses(asked.task, asked.count, joints=tuple(joints)), Evidence(np.stack(images), CAMERAS * asked.count)
