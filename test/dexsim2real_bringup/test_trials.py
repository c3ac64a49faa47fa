import json

import pytest

from dexsim2real_audit.trial_plan import Plan
from dexsim2real_audit.verdicts import SIMULATOR, file_of, write_verdicts
from dexsim2real_bringup.cli import main

PLAN = ["--task", "pouring", "--methods", "ours", "vanilla", "--trials", "5", "--conditions", "base", "lighting"]


@pytest.fixture
def folder(tmp_path):
    assert main(["trials", "plan", str(tmp_path / "p"), *PLAN]) == 0
    return tmp_path / "p"


def verdicts(folder, judge, rule):
    plan = Plan.load(folder)
    write_verdicts(
        file_of(folder, judge), {t.name: rule(plan.key[t.name].method, i) for i, t in enumerate(plan.trials)}
    )


def test_from_plan_to_report(folder, tmp_path, monkeypatch):
    verdicts(folder, SIMULATOR, lambda method, i: True)
    verdicts(folder, "ann", lambda method, i: method == "ours")
    verdicts(folder, "sheet", lambda method, i: method == "ours" and i % 10 > 0)
    file_of(folder, "sheet").rename(tmp_path / "sheet.csv")
    assert main(["trials", "judge", str(folder), "--judge", "bob", "--file", str(tmp_path / "sheet.csv")]) == 0
    out = ["--out", str(tmp_path / "r.html"), "--json", str(tmp_path / "t.json")]
    assert main(["trials", "report", str(folder), *out]) == 0
    shown = json.loads((tmp_path / "t.json").read_text())
    assert shown["Agreement of judges"][0]["judges"] == "ann and bob"
    assert 0.5 < shown["Agreement of judges"][0]["kappa"] < 1
    gaps = {row["method"]: row for row in shown["Simulation and reality"]}
    assert gaps["vanilla"]["real"].startswith("0 %")
    assert {row["where"] for row in shown["Seen and unseen conditions"]} == {"sim", "real"}
    assert "Holm" in (tmp_path / "r.html").read_text()


def test_judging_at_the_prompt(folder, monkeypatch):
    answers = iter(["s", "f", ""])
    monkeypatch.setattr("builtins.input", lambda *_: next(answers))
    assert main(["trials", "judge", str(folder), "--judge", "ann"]) == 0
    assert len(file_of(folder, "ann").read_text().splitlines()) == 3


def test_reports_that_cannot_be_made(folder, capsys):
    assert main(["trials", "report", str(folder)]) == 2
    verdicts(folder, "ann", lambda method, i: True)
    assert main(["trials", "report", str(folder)]) == 2
    assert main(["trials", "plan", str(folder), *PLAN]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "is judged yet" in errors[0]
    assert "verdicts of ann; a report needs those of two judges" in errors[1]
    assert "holds a plan already" in errors[2]


def test_a_plan_is_run_in_simulation_and_reported(tmp_path, capsys):
    folder = tmp_path / "pouring"
    plan = ["--task", "pouring", "--methods", "script", "--trials", "2", "--seeds", "0", "--conditions", "base"]
    assert main(["trials", "plan", str(folder), *plan]) == 0
    assert main(["trials", "run", str(folder), "--policies", "script=script", "--time-limit", "0.2"]) == 0
    verdicts = (folder / "verdicts_simulator.csv").read_text()
    assert verdicts.count("failure") == 2  # nobody pours in a fifth of a second
    assert main(["trials", "run", str(folder), "--policies", "other=script"]) == 2
    assert "other" in capsys.readouterr().err
