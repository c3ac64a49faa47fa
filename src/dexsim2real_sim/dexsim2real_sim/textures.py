"""The bank of textures for table and background: procedural ones, and images of a folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from dexsim2real_sim.errors import SimError

SIDE = 256
"""Of every texture [px]."""
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")

Gray = NDArray[np.float64]
"""Brightness in [0, 1], shape (SIDE, SIDE); the materials' colour tints it."""


def add_texture_bank(spec: mujoco.MjSpec, folder: Path | None = None) -> None:
    """Add every texture of the bank to a scene, named `bank_0`, `bank_1` and so on.

    Raises SimError if `folder` has no readable image.
    """
    images = [*procedural_textures().values(), *(folder_textures(folder) if folder else ())]
    for index, image in enumerate(images):
        kind = mujoco.mjtTexture.mjTEXTURE_2D
        texture = spec.add_texture(name=texture_name(index), type=kind, width=SIDE, height=SIDE, nchannel=3)
        texture.data = image.tobytes()


def texture_name(index: int) -> str:
    """Name of a bank texture in the compiled model."""
    return f"bank_{index}"


def bank_textures(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Numbers of the bank's textures in a compiled model, in the bank's order."""
    count = sum(model.tex(i).name.startswith("bank_") for i in range(model.ntex))
    return np.array([model.tex(texture_name(i)).id for i in range(count)])


@lru_cache(maxsize=1)
def procedural_textures() -> dict[str, NDArray[np.uint8]]:
    """Textures by name, uint8, shape (SIDE, SIDE, 3) each; all of them tile without a seam."""
    return {name: _as_rgb(make()) for name, make in _MAKERS.items()}


@lru_cache(maxsize=4)
def folder_textures(folder: Path) -> tuple[NDArray[np.uint8], ...]:
    """The images of a folder in the order of their names, centre cropped and scaled, shape (SIDE, SIDE, 3) each.

    Raises SimError if there is none or one cannot be read.
    """
    files = sorted(f for f in folder.glob("*") if f.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise SimError(f"no images in {folder}; give a folder with {', '.join(IMAGE_SUFFIXES)} files")
    return tuple(_load(file) for file in files)


def _load(file: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise SimError(f"cannot read the image {file} ({error}); remove it or give another folder") from error
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, (left, top, left + side, top + side))
    return np.asarray(square, np.uint8)


def _as_rgb(gray: Gray) -> NDArray[np.uint8]:
    level = np.rint(np.clip(gray, 0.0, 1.0) * 255).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=-1)


def _grid() -> tuple[Gray, Gray]:
    """Coordinates x to the right and y downwards in [0, 1)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    return x, y


def _noise(seed: int, width: float, height: float) -> Gray:
    """Smooth periodic noise in [0, 1]; `width` and `height` are the size of its grains in texture sides."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(SIDE, 1 / SIDE)
    band = np.exp(-0.5 * ((frequency[None] * width) ** 2 + (frequency[:, None] * height) ** 2) * np.pi**2)
    field = np.fft.ifft2(np.fft.fft2(rng.standard_normal((SIDE, SIDE))) * band).real
    level: Gray = np.clip(field / field.std(), -2.5, 2.5) / 5 + 0.5
    return level


def _flat() -> Gray:
    return np.ones((SIDE, SIDE))


def _wood() -> Gray:
    """Rings cut along the grain, with fine fibres."""
    _, y = _grid()
    bend = 0.5 * _noise(1, 0.9, 0.25) + 0.05 * _noise(2, 0.5, 0.02)
    rings = np.abs(np.sin(np.pi * (5 * y + 5 * bend)))
    fibres = _noise(3, 0.35, 0.006)
    return 0.66 + 0.14 * rings + 0.3 * (fibres - 0.5) + 0.12 * (_noise(4, 0.6, 0.1) - 0.5) + 0.04


def _fabric() -> Gray:
    """Warp and weft threads of uneven brightness."""
    warp, weft = _noise(5, 0.005, 0.08), _noise(6, 0.08, 0.005)
    return 0.78 + 0.2 * (warp - 0.5) + 0.2 * (weft - 0.5) + 0.12 * (_noise(7, 0.3, 0.3) - 0.5)


def _laminate() -> Gray:
    """Nearly even, slightly mottled."""
    return 0.9 + 0.08 * (_noise(8, 0.02, 0.02) - 0.5) + 0.12 * (_noise(9, 0.4, 0.4) - 0.5)


def _checker() -> Gray:
    x, y = _grid()
    even: Gray = np.where((np.floor(4 * x) + np.floor(4 * y)) % 2 == 0, 1.0, 0.55)
    return even


def _gradient() -> Gray:
    """Bright in the middle, dark at the borders."""
    x, y = _grid()
    return 0.75 - 0.25 * np.cos(2 * np.pi * x) * 0.5 - 0.25 * np.cos(2 * np.pi * y) * 0.5


def _stripes() -> Gray:
    x, _ = _grid()
    return 0.78 + 0.22 * np.sign(np.sin(2 * np.pi * 6 * x))


def _tiles() -> Gray:
    """Square tiles with dark joints."""
    x, y = _grid()
    joint = np.minimum(np.abs((3 * x) % 1 - 0.5), np.abs((3 * y) % 1 - 0.5)) < 0.03
    return np.where(joint, 0.55, 0.92 + 0.1 * (_noise(10, 0.1, 0.1) - 0.5))


def _speckle() -> Gray:
    """Terrazzo: grains of two sizes."""
    coarse, fine = _noise(11, 0.025, 0.025), _noise(12, 0.012, 0.012)
    return 0.85 - 0.3 * (coarse > 0.68) - 0.2 * (fine < 0.25) + 0.05 * (_noise(13, 0.3, 0.3) - 0.5)


def _marble() -> Gray:
    x, y = _grid()
    veins = np.abs(np.sin(2 * np.pi * (x + y) + 9 * _noise(14, 0.2, 0.2))) ** 0.35
    return 0.62 + 0.33 * veins


def _metal() -> Gray:
    """Brushed along x."""
    return 0.75 + 0.25 * (_noise(15, 0.6, 0.004) - 0.5)


def _clouds() -> Gray:
    return 0.35 + 0.6 * _noise(16, 0.2, 0.2)


def _cork() -> Gray:
    return 0.75 + 0.5 * (_noise(17, 0.03, 0.03) - 0.5) + 0.3 * (_noise(18, 0.008, 0.008) - 0.5)


_MAKERS: dict[str, Callable[[], Gray]] = {
    "wood": _wood,
    "fabric": _fabric,
    "flat": _flat,
    "laminate": _laminate,
    "checker": _checker,
    "gradient": _gradient,
    "stripes": _stripes,
    "tiles": _tiles,
    "speckle": _speckle,
    "marble": _marble,
    "metal": _metal,
    "clouds": _clouds,
    "cork": _cork,
}

PROCEDURAL: tuple[str, ...] = tuple(_MAKERS)
"""Names of the procedural textures, in the bank's order."""
