"""Reference pictures from a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dexsim2real_description import CAMERAS
from dexsim2real_description.area import Size, area_resize
from dexsim2real_dr.critics.critic import ANY_VIEW, Evidence
from dexsim2real_dr.errors import CriticError

SUFFIXES = (".png", ".jpg", ".jpeg")


def load_references(folder: Path, size: Size) -> Evidence:
    """Every picture of a folder, cropped and shrunk to `size` (height, width) [px].

    A file whose name starts with a camera's (`front_00.png`) is compared with that camera's pictures only. Raises
    CriticError for a folder without pictures, and for one that is unreadable or smaller than `size`.
    """
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not files:
        raise CriticError(f"{folder} is no folder with pictures; expected files ending in {', '.join(SUFFIXES)}")
    images = np.stack([_load(file, size) for file in files])
    return Evidence(images, tuple(_view(file) for file in files))


def _load(file: Path, size: Size) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            rgb = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise CriticError(f"{file} is not a readable picture ({error}); take it out of the folder") from error
    if rgb.shape[0] < size[0] or rgb.shape[1] < size[1]:
        raise CriticError(
            f"{file} has {rgb.shape[1]} x {rgb.shape[0]} pixels, fewer than the {size[1]} x {size[0]} that are "
            "compared; take a larger picture or compare at a smaller size"
        )
    return area_resize(rgb, size)


def _view(file: Path) -> str:
    first = file.stem.split("_")[0]
    return first if first in CAMERAS else ANY_VIEW
