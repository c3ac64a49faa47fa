"""The benchmarks as commands, at their smallest: they end well and write what they print."""

import json

import pytest

from dexsim2real_bringup.cli import main

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
        ("bench", "faults", "--only", "policy killed", "--no-markers"),
        ("bench", "recorder", "--seconds", "2", "--kill-after", "0"),
        ("bench", "audit", *SMALLEST_AUDIT),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_benchmark_runs(tmp_path, words, ros_environment):
    file = tmp_path / "table.json"
    assert main([*words, "--json", str(file)]) == 0
    assert tables(file)
