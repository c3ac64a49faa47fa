"""One self-contained HTML file: text, tables and plots, no network. Plots are also written as PNG beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.optional import require
from dexsim2real_description.writing import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | float | int | bool | None


@dataclass(frozen=True)
class Section:
    """A heading with what belongs under it; every part is optional."""

    title: str
    text: str = ""
    """Paragraphs, separated by empty lines."""
    rows: Sequence[Mapping[str, Cell]] = ()
    """A table; columns in the order of the first row."""
    figure: Figure | None = None
    picture: Path | None = None
    """A PNG that is there already, in place of a figure."""
    caption: str = ""


def save_report(path: Path, title: str, summary: str, sections: Sequence[Section]) -> None:
    """Write the report to `path` and its plots to a folder beside it.

    Raises DexSim2RealError if that cannot be written; then the old report, if any, stays.
    """
    jinja = require("jinja2", "audit")
    pictures = [_picture(section) for section in sections]
    template = files("dexsim2real_audit").joinpath("templates/report.html").read_text(encoding="utf-8")
    environment = jinja.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = _cell
    environment.filters["paragraphs"] = lambda text: [part for part in text.split("\n\n") if part.strip()]
    encoded = [base64.b64encode(picture).decode() for picture in pictures]
    page = environment.from_string(template).render(
        title=title, summary=summary, parts=list(zip(sections, encoded, strict=True))
    )
    _write_pictures(path.with_name(path.stem + "_plots"), sections, pictures)
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _write_pictures(folder: Path, sections: Sequence[Section], pictures: Sequence[bytes]) -> None:
    for section, picture in zip(sections, pictures, strict=True):
        if picture:
            name = "".join(c if c.isalnum() else "_" for c in section.title.lower())
            with whole_file(folder / f"{name}.png") as partial:
                partial.write_bytes(picture)


def _picture(section: Section) -> bytes:
    if section.figure is not None:
        return _png(section.figure)
    if section.picture is None:
        return b""
    try:
        return section.picture.read_bytes()
    except OSError as error:
        raise DexSim2RealError(f"cannot read {section.picture}: {error.strerror}") from error


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
