"""`dexsim2real curriculum`: the table, the file it writes, and what it refuses. The model is tested in the dr tests."""

import json
from dataclasses import asdict, fields

import pytest

from dexsim2real_bringup.cli import main
from dexsim2real_dr.curriculum.decomposition import load, reference
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.progress import Progress


def test_without_a_model_the_reference_is_shown_and_said_so(capsys, tmp_path):
    status = main(["curriculum", "--task", "pouring", "--out", str(tmp_path / "d.yaml"), "--json", str(tmp_path / "t")])
    assert status == 0
    assert "the reference; no model was asked" in " ".join(capsys.readouterr().out.split())
    assert load(tmp_path / "d.yaml") == reference("pouring")
    rows = json.loads((tmp_path / "t").read_text())["rows"]
    assert [row["sub-skill"] for row in rows] == ["grasp", "lift", "bring", "pour"]
    assert rows[3]["succeeds when"] == "in_bowl ≥ 0.7"


def test_a_file_is_checked(capsys, tmp_path):
    reference("stacking").save(tmp_path / "d.yaml")
    assert main(["curriculum", "--task", "stacking", "--file", str(tmp_path / "d.yaml")]) == 0
    assert main(["curriculum", "--task", "pouring", "--file", str(tmp_path / "d.yaml")]) == 2
    assert "is for task stacking, not pouring; say --task stacking" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--task", "juggling"], "unknown task"),
        (["--task", "pouring", "--endpoint", "http://localhost:1"], "say --model NAME"),
        (["--task", "pouring", "--model", "m"], "OPENAI_API_KEY"),
        (["--task", "pouring", "--file", "missing.yaml"], "cannot read missing.yaml"),
        (["--task", "pouring", "--out", "/proc/nowhere/d.yaml"], "cannot write /proc/nowhere"),
    ],
)
def test_bad_input_is_one_line(options, words, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["curriculum", *options]) == 2
    error = capsys.readouterr().err
    assert words in " ".join(error.split())
    assert "Traceback" not in error


def run_folder(folder, curriculum, history):
    """A training that recorded (difficulty, success rate of the last window) per update of 10 steps."""
    folder.mkdir()
    config = {**asdict(TrainConfig("pick_place", curriculum=curriculum)), "start_from": None}
    (folder / "config.json").write_text(json.dumps(config))
    numbers = {f.name: 0.0 for f in fields(Progress)}
    entries = [
        Progress(
            **{
                **numbers,
                "update": i,
                "steps": 10 * i,
                "curriculum": {"difficulty": d} | ({"success_rate": r} if r else {}),
            }
        )
        for i, (d, r) in enumerate(history, start=1)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in entries))
    return str(folder)


def test_compare_counts_only_windows_at_the_full_difficulty(tmp_path):
    eased = run_folder(tmp_path / "eased", "difficulty", [(0.9, 0.95), (1.0, None), (1.0, 0.6), (1.0, 0.75)])
    flat = run_folder(tmp_path / "flat", "flat", [(1.0, None), (1.0, 0.2)])
    assert main(["bench", "curriculum", eased, flat, "--json", str(tmp_path / "t")]) == 0
    first, second = json.loads((tmp_path / "t").read_text())["rows"]
    assert (first["curriculum"], first["steps to 70%"]) == ("difficulty", 40)
    assert (second["last window"], second["steps to 70%"]) == (0.2, None)


@pytest.mark.parametrize(
    ("words", "error"), [(["nowhere"], "holds no training"), (["nowhere", "--rate", "0"], "expected more than 0")]
)
def test_compare_refuses_in_one_line(words, error, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "curriculum", *words]) == 2
    assert error in " ".join(capsys.readouterr().err.split())
