"""The whole search through the real client against a server that misbehaves, stopped in the middle."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search

pytest.importorskip("openai", reason="needs the extra 'dr'")
pytest.importorskip("cma", reason="needs the extra 'dr'")
spec = importlib.util.spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
chat_server = sys.modules["chat_server"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chat_server)

NAMES = ("table_red", "table_green", "table_blue")
HIDDEN = np.array([0.8, 0.3, 0.5])
CONFIG = FmDrConfig(rounds=4, samples=10, generations=15, points=16)


def observe(values):
    return [look(row) for row in values]


def look(values):
    """A plain picture of the colour."""
    return Evidence(np.full((1, 16, 16, 3), np.round(255 * values), np.uint8), ("front",))


def colour_score(reference, candidate):
    """Hidden from the search: how far the colour is from the reference's."""
    return 10 - 9 * min(1.0, np.abs(candidate.astype(float) - reference).mean() / 128)


@pytest.fixture
def server():
    made = chat_server.ChatServer(colour_score)
    yield made
    made.close()


def faults(seed, count=200):
    """Of every 100 requests: 10 malformed answers, 5 timeouts, 3 times status 429, 3 times 500."""
    drawn = np.random.default_rng(seed).random(count)
    return [
        "nonsense" if d < 0.1 else "hang" if d < 0.15 else 429 if d < 0.18 else 500 if d < 0.21 else None for d in drawn
    ]


def test_it_converges_in_spite_of_faults_and_a_stop_and_pays_no_pair_twice(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    settings = VlmConfig("judge", server.endpoint, tmp_path / "vlm", timeout=0.5, backoff=0.0)
    server.faults = faults(0)

    def search():
        problem = Problem("pick_place", NAMES, observe, VlmCritic(settings), look(HIDDEN), "plain colours")
        return Search(problem, CONFIG, tmp_path)

    first = search()
    first.round()

    def stop():
        if len(server.answered) >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.round(stop)
    second = search()  # a new process
    while not second.finished:
        second.round()
    assert None not in second.state.scores
    assert len(server.answered) == len(set(server.answered)) == 40
    history = second.state.history
    assert history[-1].mean_score > history[0].mean_score + 1
    drawn = second.distribution().sample(np.random.default_rng(0), 500)
    assert np.abs(drawn.mean(axis=0) - HIDDEN).max() < 0.2
