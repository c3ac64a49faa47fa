"""A contact sheet: one row of key frames per task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dexsim2real_description.writing import whole_file
from dexsim2real_sim import video_panels as panels
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.video import Film
from dexsim2real_sim.video_touch import BACKGROUND, TEXT

COLUMNS = 4
"""Views of the cell in a row; one of the wrist camera and the touch follows."""


def contact_sheet(films: Sequence[Film], width: int = 1280) -> Image.Image:
    """A row of key frames for each film, about `width` wide [px]."""
    rows = [_row(film, round(width / (COLUMNS * 4 / 3 + 1))) for film in films]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), BACKGROUND)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def key_frames(film: Film, count: int) -> list[Image.Image]:
    """`count` pictures evenly over the film, the first and the last among them."""
    last = len(film.frames) - 1
    return [film.frames[round(i * last / (count - 1))].picture for i in range(count)]


def _row(film: Film, height: int) -> Image.Image:
    """Views from outside, then what the wrist camera and the skin say when they say most."""
    wide, title = height * 4 // 3, height // 7
    row = Image.new("RGB", (COLUMNS * wide + height, height + title), BACKGROUND)
    for column, picture in enumerate(key_frames(film, COLUMNS)):
        row.paste(_scaled(panels.overview(picture), wide, height), (column * wide, title))
    strongest = max(film.frames, key=lambda frame: frame.pressure).picture
    row.paste(_scaled(panels.wrist(strongest), height, height * 3 // 4), (COLUMNS * wide, title))
    row.paste(_scaled(panels.touch(strongest), height, height // 4), (COLUMNS * wide, title + height * 3 // 4))
    font = ImageFont.load_default(title * 0.6)
    pen = ImageDraw.Draw(row)
    pen.text((title / 3, title / 2), film.task, TEXT, font, anchor="lm")
    color = panels.GOOD if film.success else panels.BAD
    pen.text((COLUMNS * wide - title / 3, title / 2), film.outcome, color, font, anchor="rm")
    return row


def _scaled(picture: Image.Image, width: int, height: int) -> Image.Image:
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def save_png(picture: Image.Image, file: Path) -> None:
    """Write a picture, reduced to 256 colours, whole or not at all. Raises SimError if that fails."""
    # octree: keeps small patches of strong colour, and the file is a third of what median cut gives
    reduced = picture.quantize(256, Image.Quantize.FASTOCTREE)
    with whole_file(file, SimError) as partial:
        reduced.save(partial, "PNG", optimize=True)
