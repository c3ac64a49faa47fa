"""The benchmarks as commands, at their smallest: they end well and write what they print."""

import json
from dataclasses import replace

import pytest

from dexsim2real_audit.loop_bench import Apart, LoopRow
from dexsim2real_audit.twin_bench import BenchResult
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.cli.bench_audit import gains

SMALLEST_AUDIT = (
    *("--twins", "1", "--members", "1", "--per-fault", "1"),
    *("--frictions", "1", "--loops", "0", "--cells", "99"),
)


def tables(file):
    data = json.loads(file.read_text())
    return data if isinstance(data, list) else [data]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("sim", "bench", "--task", "pick_place", "--num-envs", "2", "--seconds", "0.05", "--no-images"),
        ("bench", "graph", "--seconds", "2", "--no-markers"),
        ("bench", "faults", "--only", "policy killed", "--no-cameras"),
        ("bench", "recorder", "--seconds", "2", "--kill-after", "0"),
        ("bench", "audit", *SMALLEST_AUDIT),
        ("bench", "audit-cost", "--minutes", "0.2"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_benchmark_runs(tmp_path, words, ros_environment):
    file = tmp_path / "table.json"
    assert main([*words, "--json", str(file)]) == 0
    assert tables(file)


def test_the_audits_bench_says_what_the_loop_gained():
    """Two twins: gaps 2 and 1 become 1 and 1, so the mean falls from 1.5 to 1."""
    loops = (
        LoopRow("a", "a", 2.0, 1.0, True, False, Apart(0.04, 0.2, 0.1), Apart(0.01, 0.1, 0.1)),
        LoopRow("b", "", 1.0, 1.0, False, False, Apart(0.02, 0.0, 0.0), Apart(0.02, 0.0, 0.0)),
    )
    rows = {row["what"]: row for row in gains(BenchResult((), (), (), (), loops, (False,), 1.02))}
    gap = rows["gap; a member's is 1.02"]
    assert (gap["before"], gap["after"]) == ("1.5 (1 to 2)", "1 (1 to 1)")
    assert gap["change"] == "-0.5 (-1 to 0)"
    assert rows["twins outside the family at some moment"]["after"] == "0 (0 to 0)"
    motion = rows["policy: mean motion, family to twin [mrad]"]
    assert (motion["before"], motion["after"]) == ("30 (20 to 40)", "15 (10 to 20)")
    without = tuple(replace(row, policy_before=None, policy_after=None) for row in loops)
    assert len(gains(BenchResult((), (), (), (), without, (False,), 1.02))) == 2


def test_a_fault_that_the_graph_cannot_have_is_refused(capsys):
    assert main(["bench", "faults", "--only", "front", "--no-cameras"]) == 2
    assert "no fault of this graph is called front; choose from: simulator killed" in capsys.readouterr().err
