"""The vision-language critic against a real server on this machine, through the real client."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.agreement import rank_correlation, wording_agreement
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.critics.vlm_prompt import parse_rating

pytest.importorskip("openai", reason="needs the extra 'dr'")
spec = importlib.util.spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
chat_server = sys.modules["chat_server"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chat_server)

KEY = "sk-secret-of-the-test"


def brightness(reference, candidate):
    return float(np.clip(10 - np.abs(candidate.mean() - reference.mean()) / 10, 1, 10))


def grey(level):
    return Evidence(np.full((2, 16, 16, 3), level, np.uint8), ("front", "wrist"))


REFERENCE = grey(100)


@pytest.fixture
def server():
    made = chat_server.ChatServer(brightness)
    yield made
    made.close()


@pytest.fixture
def config(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return VlmConfig("judge", server.endpoint, tmp_path, timeout=10.0, backoff=0.0)


def test_marks_are_the_servers(server, config):
    scores = VlmCritic(config).score([grey(100), grey(120), grey(255)], REFERENCE)
    np.testing.assert_allclose(scores.values, [10, 8, 1])
    assert scores.queries == 3
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    kinds = [part["type"] for part in body["messages"][0]["content"]]
    assert kinds == ["text", "image_url", "image_url"]
    assert body["model"] == "judge"


def test_no_pair_is_paid_twice(server, config):
    first = VlmCritic(config).score([grey(100), grey(120)], REFERENCE)
    again = VlmCritic(config).score([grey(100), grey(120), grey(140)], REFERENCE)
    np.testing.assert_array_equal(again.values[:2], first.values)
    assert again.queries == 1
    assert len(server.requests) == 3
    VlmCritic(replace(config, model="other")).score([grey(100)], REFERENCE)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "fault",
    [429, 500, 503, "not json", "{}", '{"lighting": 11, "texture": 1, "geometry": 1, "physical_plausibility": 1}', ""],
)
def test_a_bad_answer_is_asked_for_again(server, config, fault):
    server.faults = [fault, fault]
    scores = VlmCritic(config).score([grey(120)], REFERENCE)
    assert scores.values[0] == 8
    assert scores.queries == len(server.requests) == 3


def test_a_timeout_is_asked_again(server, config):
    server.faults = ["hang"]
    assert VlmCritic(replace(config, timeout=0.3)).score([grey(120)], REFERENCE).values[0] == 8


def test_one_in_ten_malformed_and_others_failing_lose_nothing(server, config):
    rng = np.random.default_rng(0)
    server.faults = [
        str(f) if f == "nonsense" else int(f) if f else None
        for f in rng.choice(["nonsense", "429", "500", ""], 60, p=[0.1, 0.05, 0.05, 0.8])
    ]
    levels = np.arange(60, 140, 2)
    scores = VlmCritic(config).score([grey(level) for level in levels], REFERENCE)
    np.testing.assert_allclose(scores.values, np.clip(10 - np.abs(levels - 100) / 10, 1, 10))
    assert len(set(server.answered)) == len(server.answered) == len(levels)


def test_answers_that_stay_bad_count_as_failures(server, config):
    server.faults = ["nonsense"] * 5
    scores = VlmCritic(config).score([grey(120), grey(130)], REFERENCE)
    assert np.isnan(scores.values[0])
    assert scores.rationale[0] == "no valid answer"
    assert scores.values[1] == 7
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_one_clear_error(server, config, status):
    server.faults = [status]
    with pytest.raises(DexSim2RealError, match=r"refuses.*check address, model 'judge' and key"):
        VlmCritic(config).score([grey(120)], REFERENCE)
    assert len(server.requests) == 1


def test_what_was_paid_for_is_kept_when_the_endpoint_dies(server, config):
    VlmCritic(config).score([grey(120)], REFERENCE)
    server.close()
    assert VlmCritic(config).score([grey(120)], REFERENCE).values[0] == 8
    with pytest.raises(DexSim2RealError, match="cannot be reached"):
        VlmCritic(replace(config, attempts=2)).score([grey(130)], REFERENCE)


def test_caps_stop_the_run(server, config):
    with pytest.raises(DexSim2RealError, match="cap of 2 requests"):
        VlmCritic(replace(config, max_requests=2)).score([grey(i) for i in range(5)], REFERENCE)
    with pytest.raises(DexSim2RealError, match="cap of 150 tokens"):
        VlmCritic(replace(config, max_tokens=150)).score([grey(i) for i in range(5)], REFERENCE)
    with pytest.raises(DexSim2RealError, match="cap of 0.001 units of money"):  # 90 tokens at 5, 10 at 50 a million
        VlmCritic(replace(config, folder=config.folder / "other", price=(5.0, 50.0), max_money=0.001)).score(
            [grey(i) for i in range(5)], REFERENCE
        )
    assert len(server.requests) == 4 + 2  # the second critic had the first two from the cache, and paid for two more


def test_every_request_is_logged_and_the_key_is_nowhere(server, config, tmp_path):
    server.faults = [500]
    VlmCritic(config).score([grey(120), grey(130)], REFERENCE)
    log = [json.loads(line) for line in (tmp_path / "queries.jsonl").read_text().splitlines()]
    assert [entry["outcome"] for entry in log] == ["status 500", "ok", "ok"]
    assert sum(entry["tokens"] for entry in log) == 200
    assert all(KEY not in file.read_text() for file in tmp_path.rglob("*") if file.is_file())


def test_a_missing_key_is_one_clear_error(config, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(DexSim2RealError, match="OPENAI_API_KEY"):
        VlmCritic(config)


def test_an_answer_in_a_fence_counts_and_one_with_extras_does_not():
    marks = '"lighting": 1, "texture": 2, "geometry": 3, "physical_plausibility": 4, "rationale": "r"'
    assert parse_rating(f"```json\n{{{marks}}}\n```").score == 2.5
    for bad in (f'{{{marks}, "colour": 1}}', f"Sure! {{{marks}}}", '{"lighting": "8"}'):
        with pytest.raises(ValueError):
            parse_rating(bad)


def test_wordings_of_a_consistent_model_agree(server, config):
    agreement = wording_agreement(config, [grey(level) for level in (90, 100, 120, 150)], REFERENCE)
    assert agreement == {(0, 1): 1.0, (0, 2): 1.0, (1, 2): 1.0}
    assert len(server.requests) == 12


def test_rank_correlation():
    # ranks 1 2 3 4 and 2 1 4 3: 1 - 6 (1 + 1 + 1 + 1) / (4 * 15) = 0.6; the pair with nan does not count
    first, second = np.array([1, 2, 3, 4, np.nan]), np.array([20, 10, 40, 30, 5.0])
    assert rank_correlation(first, second) == pytest.approx(0.6)
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))
    with pytest.raises(DexSim2RealError, match="three or more"):
        rank_correlation(first[:2], second[:2])
