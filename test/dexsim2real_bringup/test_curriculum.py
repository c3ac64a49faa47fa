"""`dexsim2real curriculum`: the table, the file it writes, and what it refuses. The model is tested in the dr tests."""

import json

import pytest

from dexsim2real_bringup.cli import main
from dexsim2real_dr.curriculum.decomposition import load, reference


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
        (["--task", "pouring", "--out", "/proc/nowhere/d.yaml"], "cannot make /proc/nowhere"),
    ],
)
def test_bad_input_is_one_line(options, words, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["curriculum", *options]) == 2
    error = capsys.readouterr().err
    assert words in " ".join(error.split())
    assert "Traceback" not in error
