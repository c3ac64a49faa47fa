"""`sim view` and `sim films`: files where they are said to be, clear errors, tasks whose script fails."""

import json
from pathlib import Path

import pytest

from dexsim2real_bringup.cli import main, sim_films
from dexsim2real_sim.scripted.rollout import ScriptResult
from dexsim2real_sim.tasks import TASKS


def test_view_writes_the_film_and_says_how_it_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "film.mp4"
    assert main(["sim", "view", "pick_place", "--policy", "hold", "--out", str(file), "--size", "240"]) == 0
    assert file.stat().st_size > 1000
    assert f"{file}: no success after 3.0 s: " in capsys.readouterr().out


def test_unknown_task_and_unwritable_folder_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "view", "pick_plac"]) == 2
    assert "Did you mean 'pick_place'?" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    out = str(tmp_path / "file" / "film.mp4")
    assert main(["sim", "view", "pick_place", "--policy", "hold", "--out", out]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_it_films_every_task_and_makes_one_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_films, "SCRIPTS", {})
    monkeypatch.setattr(sim_films, "HOLD_SECONDS", 0.2)
    monkeypatch.setattr(sim_films, "TASKS", dict(list(TASKS.items())[:2]))
    report = tmp_path / "table.json"
    assert main(["sim", "films", "--out", str(tmp_path / "demo"), "--size", "240", "--json", str(report)]) == 0
    names = {f.name for f in (tmp_path / "demo").iterdir()}
    assert names == {"tasks.png", *(f"{task}.mp4" for task in list(TASKS)[:2])}
    assert [row["task"] for row in json.loads(report.read_text())["rows"]] == list(TASKS)[:2]


def test_a_script_that_fails_is_tried_with_other_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    def third_time_lucky(script: object, task: str, num_envs: int, seed: int) -> ScriptResult:
        return ScriptResult((seed == 2,), ("" if seed == 2 else f"dropped {seed}",), (1.0,))

    monkeypatch.setattr(sim_films, "SCRIPTS", {"pick_place": object})
    monkeypatch.setattr(sim_films, "run_script", third_time_lucky)
    seed, note = sim_films.choose_seed("pick_place")
    assert seed == 2
    assert "seed 0 it failed: dropped 0" in note
    assert "seed 1 it failed: dropped 1" in note


def test_when_no_seed_succeeds_the_last_is_shown_with_the_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_films, "SCRIPTS", {"pick_place": object})
    monkeypatch.setattr(sim_films, "run_script", lambda *_, seed, **__: ScriptResult((False,), (f"no {seed}",), (1.0,)))
    seed, note = sim_films.choose_seed("pick_place")
    assert seed == sim_films.SEEDS[-1]
    assert note.count("it failed") == len(sim_films.SEEDS)
