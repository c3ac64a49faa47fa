"""What is shown while work goes on, in a log."""

import pytest

from dexsim2real_bringup.cli import live_table
from dexsim2real_bringup.cli.live_table import LiveTable


def test_a_log_gets_a_line_now_and_then_and_the_table_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(live_table.time, "monotonic", lambda: now)
    with LiveTable("pouring") as table:
        table.update([], "episodes: 1 of 9")
        table.update([], "episodes: 2 of 9")
        now += 60.0
        table.update([{"round": 1, "loss": 0.25, "success": None}], "episodes: 1 of 9")
        table.update([{"round": 2, "loss": 0.125, "success": None}])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["pouring: episodes: 1 of 9", "pouring: round 1, loss 0.25, success -, episodes: 1 of 9"]
    assert [cell.strip() for cell in lines[-2].strip("│").split("│")] == ["2", "0.125", "-"]


def test_work_that_ends_before_it_has_shown_anything_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), LiveTable("pouring"):
        raise KeyboardInterrupt
    assert capsys.readouterr().out == ""
