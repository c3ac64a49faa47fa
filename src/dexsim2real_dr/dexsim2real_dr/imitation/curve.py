"""What every report of a run said, as a small CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from dexsim2real_dr.training.run_folder import write

CURVE = "curve.csv"


class Curve:
    """The file in a run's folder; its first column counts up."""

    def __init__(self, folder: Path, finished: int) -> None:
        """Forgets rows beyond `finished`, which a resumed run does again."""
        self._file = folder / CURVE
        self._rows: list[dict[str, str]] = []
        if finished and self._file.exists():
            rows = list(csv.DictReader(self._file.read_text().splitlines()))
            self._rows = [row for row in rows if int(next(iter(row.values()))) <= finished]

    def add(self, row: Mapping[str, float | None]) -> None:
        """Write one more row, nothing where it has None.

        Raises TrainingError if the disk refuses; the file then stays as it was.
        """
        self._rows.append({name: _text(value) for name, value in row.items()})
        out = io.StringIO()
        table = csv.DictWriter(out, list(self._rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(self._rows)
        write(self._file, out.getvalue())


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
