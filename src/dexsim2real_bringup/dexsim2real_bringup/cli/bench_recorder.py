"""``bench recorder``: whether every message is in the bag, and what a SIGKILL costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dexsim2real_audit.bag_writer import Storage
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_bringup.recorder_bench import BenchResult, run_killed, run_whole

FAILED = 1


def bench_recorder(
    seconds: float = 60.0,
    kill_after: float = 10.0,
    storage: Storage = "mcap",
    json: Path | None = None,
) -> int:
    """Record two cameras, touch and joints at full rate; compare the bag with what was sent, byte by byte.

    Then do it again and kill the recorder with SIGKILL. Exit status 1 if anything is missing that should not be.

    Args:
        seconds: length of the recording [s].
        kill_after: when to kill the recorder of the second recording [s]; 0 leaves it out.
        storage: mcap or sqlite3.
        json: write the table to this file as well.
    """
    with tempfile.TemporaryDirectory(prefix="dexsim2real_bench_") as name:
        runs = {"whole": run_whole(Path(name) / "whole", seconds, storage=storage)}
        if kill_after > 0:
            runs["killed"] = run_killed(Path(name) / "killed", kill_after, storage=storage)
    whole = runs["whole"]
    title = f"Recorder: {whole.megabytes / seconds:.0f} MB/s for {seconds:g} s, {whole.cpu:.0%} of a core ({storage})"
    show(title, [row for label, result in runs.items() for row in _rows(label, result)], json)
    complete = all(stream.identical and stream.kept == stream.sent for stream in whole.streams)
    survived = all(s.identical and s.lost_s <= 1.0 for result in runs.values() for s in result.streams)
    return 0 if complete and survived else FAILED


def _rows(label: str, result: BenchResult) -> list[dict[str, Cell]]:
    return [
        {
            "run": label,
            "topic": stream.topic,
            "sent": stream.sent,
            "in the bag": stream.kept,
            "reported": stream.reported,
            "identical": stream.identical,
            "lost [s]": round(stream.lost_s, 3),
        }
        for stream in result.streams
    ]
