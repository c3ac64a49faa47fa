"""A search that is killed in the middle of a round ends as if it had not been, and asks no answered question again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cma", reason="needs the extra 'dr'")

CHILD = """
import os, signal, sys
from pathlib import Path
import numpy as np
from dexsim2real_dr.critics.critic import Evidence, Scores
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.methods import find

method, folder, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

class Critic:
    name = "child"
    count = 0

    def score(self, candidates, references):
        if Critic.count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        Critic.count += 1
        values = np.frombuffer(candidates[0].images.tobytes(), np.float64)
        return Scores(np.array([10 - 9 * np.abs(values - 0.4).mean()]), ("",), 1, 0.0)

def observe(values):
    return [Evidence(np.frombuffer(row.tobytes(), np.uint8).reshape(1, 2, -1, 1), ("any",)) for row in values]

problem = Problem("pick_place", ("table_red", "table_green"), observe, Critic(), Evidence(), "here")
config = FmDrConfig(rounds=3, samples=8, generations=4, points=8)
found = find(method, problem, config, folder)
print(Critic.count, found.distribution.sample(np.random.default_rng(0), 20).tolist())
"""


def run(method: str, folder: Path, last: int = 10**9) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", CHILD, method, str(folder), str(last)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(("method", "asked"), [("fm_dr", 24 - 8), ("adr", 24 - 13)])
def test_a_kill_in_the_middle_changes_nothing(tmp_path: Path, method: str, asked: int) -> None:
    whole = run(method, tmp_path / "whole")
    killed = run(method, tmp_path / "parts", last=13)
    assert killed.returncode == -9
    again = run(method, tmp_path / "parts")
    count, result = again.stdout.split(" ", 1)
    assert int(count) == asked  # a search draws the interrupted round of 8 anew; a baseline goes on with the 14th
    assert json.loads(result) == json.loads(whole.stdout.split(" ", 1)[1])
