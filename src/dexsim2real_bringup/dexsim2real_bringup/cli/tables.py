"""Tables that a command prints, and the same as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.writing import whole_file

Cell = str | float | int | bool | None


def show(title: str, rows: Sequence[Mapping[str, Cell]], json_file: Path | None = None) -> None:
    """Print rows as a table, columns in the order of the first row, and write them to `json_file` if given.

    Raises DexSim2RealError if the file cannot be written.
    """
    console = Console(markup=False)  # "[rad]" is a unit here, not a style
    console.print(build_table(title, rows) if rows else f"{title}: nothing to show")
    if json_file is not None:
        write_json(json_file, {"title": title, "rows": [dict(row) for row in rows]})


def build_table(title: str, rows: Sequence[Mapping[str, Cell]]) -> Table:
    """The table itself; units in square brackets need a console without markup."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(rows[0] if rows else ()):
        numeric = all(isinstance(row[column], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(text_of(value) for value in row.values()))
    return table


def write_json(path: Path, data: object) -> None:
    """Write data as indented JSON, whole or not at all."""
    write_text(path, json.dumps(data, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all, and make its folder. Raises DexSim2RealError if that cannot be done."""
    with whole_file(path) as partial:
        partial.write_text(text)


def check_writable(path: Path) -> None:
    """Raise DexSim2RealError if a file of that name could not be written, before the work that goes into it."""
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir():
        raise DexSim2RealError(f"cannot write {path}: it is a folder; name a file")
    if not there.is_dir() or not os.access(there, os.W_OK):
        what = "you may not write there" if there.is_dir() else f"{there} is a file"
        raise DexSim2RealError(f"cannot write {path}: {what}; choose a folder you may write to")


def make_folder(path: Path) -> None:
    """Make a folder and those above it. Raises DexSim2RealError if that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DexSim2RealError(f"cannot make {path}: {error.strerror}; choose another folder") from error


def text_of(value: Cell) -> str:
    """A cell as it is shown."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
