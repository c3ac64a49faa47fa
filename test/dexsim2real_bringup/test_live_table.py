"""What is shown while work goes on, in a log."""

import pytest

from dexsim2real_bringup.cli import log_line
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.live_table import LiveTable


def test_a_log_gets_a_line_now_and_then_and_the_table_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(log_line.time, "monotonic", lambda: now)
    with LiveTable("pouring") as table:
        table.update([], "episodes: 0 of 9")
        now += 5.0
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


def test_a_bar_is_a_line_now_and_then_in_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr(log_line.time, "monotonic", lambda: now)
    with Bar("trials", of=2000) as bar:
        bar.update(2)
        now += 5.0
        bar.update(3)
        bar.advance()
        now += 60.0
        bar.advance("trials [seed 1]")
    with Bar("filming"):
        pass
    assert capsys.readouterr().out.splitlines() == ["trials: 3 of 2,000", "trials [seed 1]: 5 of 2,000"]
