"""`dexsim2real policy attention`: what a TVCAP student looks at while it acts, drawn over images and taxels."""

from __future__ import annotations

from pathlib import Path

import torch
import tyro
from PIL import Image
from rich.console import Console

from dexsim2real_bringup.cli.tables import check_writable
from dexsim2real_description.touch import touch_layout
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.student import Student
from dexsim2real_policy.overlay import attention_overlay
from dexsim2real_policy.tvcap import Tvcap, attention_maps
from dexsim2real_sim import DexEnv, Twin, make_env
from dexsim2real_sim.errors import SimError


def attention(
    student: tyro.conf.Positional[Path],
    /,
    out: Path,
    frames: int = 6,
    every: int = 5,
    seed: int = 0,
    twin: str | None = None,
) -> None:
    """Draw where touch looked in the images, and vision on the fingertips, during the first steps of an episode.

    Args:
        student: folder of `dexsim2real distill`.
        out: PNG file to write; a row per frame.
        frames: rows.
        every: policy steps from one row to the next.
        seed: of the episode.
        twin: a twin's file, or its seed; the simulator with nominal parameters if not given.
    """
    if min(frames, every) < 1:
        raise SimError(f"{frames} frames, every {every} steps; both must be 1 or more")
    if out.suffix != ".png":
        raise SimError(f"{out} is no name of a PNG file; end it in .png")
    check_writable(out)
    found = Student.load(student)
    if not (found.config.vision and found.config.touch):
        raise TrainingError(f"the student in {student} does not both see and feel, so neither looks at the other")
    reality = None if twin is None else Twin.named(twin)
    cells = make_env(found.config.task, seed=seed, image_size=found.image_size, twin=reality)
    picture = draw(found.network(cells.observation_spec).eval(), cells, frames, every)
    with whole_file(out) as partial:
        picture.save(partial, "PNG")
    Console().print(f"Wrote {out}", markup=False, highlight=False, soft_wrap=True)


def draw(network: Tvcap, cells: DexEnv, frames: int, every: int) -> Image.Image:
    """A row of panels per frame, top to bottom, while the network acts in the one cell."""
    layout = touch_layout(network.spec.touch_layout or "none")
    observation, _ = cells.reset()
    rows: list[Image.Image] = []
    for step in range((frames - 1) * every + 1):
        inputs = {name: torch.from_numpy(observation[name]) for name in network.spec.shapes}
        if step % every == 0:
            maps = attention_maps(network, inputs)
            rows.append(attention_overlay(observation["images"][0], maps.images[0], maps.touch[0], layout))
        with torch.no_grad():
            observation = cells.step(network(inputs)[:, 0].numpy())[0]
    picture = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for index, row in enumerate(rows):
        picture.paste(row, (0, index * row.height))
    return picture
