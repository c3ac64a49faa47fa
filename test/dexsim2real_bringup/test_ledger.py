import json

import pytest

from dexsim2real_audit.ledger import Ledger, Metric, Range, Round
from dexsim2real_audit.statistics import Interval
from dexsim2real_bringup.cli import main


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    ledger = Ledger(path)
    for real, low in ((0.5, 0.0), (0.7, 0.02)):
        metric = Metric("success", "", Interval(0.9, 0.8, 0.95), Interval(real, real - 0.1, real + 0.1))
        ledger.add(Round("pouring", metrics=(metric,), ranges=(Range("delay", "s", low, 0.1),), signature="late"))
    ledger.close()
    return str(path)


def test_show(ledger, tmp_path, capsys):
    assert main(["ledger", "show", "--ledger", ledger, "--json", str(tmp_path / "t.json")]) == 0
    assert [row["round"] for row in json.loads((tmp_path / "t.json").read_text())["rows"]] == [1, 2]
    assert main(["ledger", "show", "2", "--ledger", ledger]) == 0
    assert "late" in capsys.readouterr().out


def test_compare(ledger, tmp_path):
    assert main(["ledger", "compare", "1", "2", "--ledger", ledger, "--json", str(tmp_path / "t.json")]) == 0
    (row,) = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert row["smaller by"] == pytest.approx(0.2)


@pytest.mark.parametrize(("name", "start"), [("a.csv", "round,task,metric"), ("a.md", "| round | task | metric |")])
def test_export(ledger, tmp_path, name, start):
    assert main(["ledger", "export", str(tmp_path / name), "--ledger", ledger]) == 0
    assert (tmp_path / name).read_text().startswith(start)


def test_mistakes(ledger, tmp_path, capsys):
    assert main(["ledger", "show", "--ledger", str(tmp_path / "none.db")]) == 2
    assert not (tmp_path / "none.db").exists()
    assert main(["ledger", "show", "9", "--ledger", ledger]) == 2
    assert main(["ledger", "export", str(tmp_path / "a.xls"), "--ledger", ledger]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "there is no ledger" in errors[0]
    assert "Valid: 1, 2" in errors[1]
    assert "end it in .csv or .md" in errors[2]
