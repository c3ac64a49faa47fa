import json

from dexsim2real_bringup.cli import main


def test_the_gate_is_timed_on_three_kinds_of_plans(tmp_path):
    assert main(["bench", "gate", "--arm", "fr3", "--ticks", "300", "--json", str(tmp_path / "gate.json")]) == 0
    rows = json.loads((tmp_path / "gate.json").read_text())["rows"]
    assert [row["still running"] for row in rows] == [True, True, True]
    shares = [int(row["commands that a limit changed"].rstrip("%")) for row in rows]
    assert shares[0] < 40  # a moment to catch up at the start
    assert shares[2] > 90
    assert all(0 < row["p50 [ms]"] <= row["p99 [ms]"] for row in rows)
