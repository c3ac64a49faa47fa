"""Every baseline: what it finds where the answer is known, what it asks, and going on after a stop."""

import json

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence, Scores
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.methods import METHODS, find
from dexsim2real_dr.methods.bayesian import bayesian, expected_improvement
from dexsim2real_dr.methods.dextreme import dextreme
from dexsim2real_dr.methods.dreureka import dreureka, parse_ranges, question
from dexsim2real_dr.methods.intervals import surviving
from dexsim2real_sim import PARAMETERS, load_randomization
from dexsim2real_sim.randomization import AdrBox

NAMES = ("table_red", "table_green")
HIDDEN = np.array([0.3, 0.8])
CONFIG = FmDrConfig(rounds=3, samples=10, generations=5, points=8)


def ask(values):
    """10 at the hidden values, a tenth less for every tenth away."""
    return 10 - 10 * np.abs(values - HIDDEN).mean(axis=1)


class Critic:
    """The same, of values in the place of pictures."""

    name = "hidden"

    def __init__(self, stop_at=10**9):
        self.count, self._stop_at = 0, stop_at

    def score(self, candidates, references):
        if self.count == self._stop_at:
            raise KeyboardInterrupt
        self.count += 1
        values = np.array([np.frombuffer(c.images.tobytes(), np.float64) for c in candidates])
        return Scores(ask(values), ("",) * len(values), len(values), 0.0)


def observe(values):
    return [Evidence(np.frombuffer(row.tobytes(), np.uint8).reshape(1, 2, -1, 1), ("any",)) for row in values]


def problem(critic, **changes):
    known = {"task": "pick_place", "names": NAMES, "observe": observe, "critic": critic,
             "references": Evidence(np.zeros((1, 2, 2, 3), np.uint8), ("any",)), "seen": "here", **changes}  # fmt: skip
    return Problem(**known)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "dextreme"])
def test_every_method_gives_a_file_within_the_budget_and_goes_on_after_a_stop(tmp_path, method):
    pytest.importorskip("cma", reason="needs the extra 'dr'")
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    critic = Critic()
    whole = find(method, problem(critic), CONFIG, tmp_path / "whole")
    assert whole.method == method
    assert whole.cost.queries <= 30
    whole.save(tmp_path / "r.yaml")
    assert load_randomization(tmp_path / "r.yaml").distribution.names == NAMES
    if method in ("vanilla", "random_scoring"):
        return
    with pytest.raises(KeyboardInterrupt):
        find(method, problem(Critic(stop_at=17)), CONFIG, tmp_path / "parts")
    rest = Critic()
    again = find(method, problem(rest), CONFIG, tmp_path / "parts")
    drawn = [d.distribution.sample(np.random.default_rng(0), 50) for d in (whole, again)]
    np.testing.assert_array_equal(*drawn)
    asked_again = 7 if method == "fm_dr" else 0  # a search draws an interrupted round anew
    assert rest.count == critic.count - 17 + asked_again


def test_answers_of_another_search_or_a_damaged_file_are_refused(tmp_path):
    find("adr", problem(Critic()), CONFIG, tmp_path)
    for changed in ({"task": "pouring"}, {"seen": "there"}, {"names": NAMES[:1]}):
        with pytest.raises(DexSim2RealError, match="belongs to another search"):
            find("adr", problem(Critic(), **changed), CONFIG, tmp_path)
    file = tmp_path / "answers.jsonl"
    file.write_text(file.read_text() + '{"values": [0.1')  # a kill in the middle of a line
    assert find("adr", problem(Critic()), CONFIG, tmp_path).cost.queries == 30
    file.write_text("nonsense\n")
    with pytest.raises(DexSim2RealError, match="is damaged"):
        find("adr", problem(Critic()), CONFIG, tmp_path)


def test_a_method_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(DexSim2RealError, match="Did you mean 'fm_dr'"):
        find("fmdr", problem(Critic()), CONFIG, tmp_path)


def test_intervals_survive_where_the_score_is_no_worse_than_nominal():
    asked = []

    def noted(values):
        asked.extend(values.tolist())
        return ask(values)

    box = surviving(NAMES, noted, 81)
    nominal = np.array([PARAMETERS[name].nominal for name in NAMES])
    assert asked[0] == nominal.tolist()
    assert len(asked) == 81
    # as good as nominal: as far from the hidden value on the other side
    for i in range(2):
        ends = sorted([nominal[i], np.clip(2 * HIDDEN[i] - nominal[i], 0, 1)])
        np.testing.assert_allclose([box.low[i], box.high[i]], ends, atol=0.04)


def test_too_few_queries_are_refused():
    with pytest.raises(DexSim2RealError, match="needs 7 or more"):
        surviving(NAMES, ask, 6)


BOX = AdrBox(NAMES, [0.1, 0.5], [0.4, 0.9])
GOOD = {"table_red": {"low": 0.2, "high": 0.3}, "table_green": {"low": 0.5, "high": 0.9}}


def test_ranges_that_a_model_picks_count_only_inside_the_intervals():
    found = parse_ranges(json.dumps(GOOD), BOX)
    np.testing.assert_allclose([found.low, found.high], [[0.2, 0.5], [0.3, 0.9]])
    for wrong in (
        {**GOOD, "table_red": {"low": 0.0, "high": 0.3}},
        {**GOOD, "table_red": {"low": 0.3, "high": 0.2}},
        {**GOOD, "table_red": {"low": "0.2", "high": 0.3}},
        {**GOOD, "table_blue": {"low": 0.2, "high": 0.3}},
        {"table_red": GOOD["table_red"]},
    ):
        with pytest.raises((ValueError, DexSim2RealError)):
            parse_ranges(json.dumps(wrong), BOX)
    text = question(BOX)[0]["content"]
    assert "table_red: " in text
    assert "interval 0.1 to 0.4" in text
    assert dreureka(NAMES, ask, 40, 0, lambda box: BOX) is BOX


def test_dextreme_has_the_published_ranges():
    box = dextreme(("friction_tip", "restitution", "gravity", "arm_delay"), ask, 0, 0)
    assert box.names == ("friction_tip", "restitution", "gravity")
    np.testing.assert_allclose(box.low, [0.2, 0.0, 9.81 - 0.8660], atol=1e-3)
    np.testing.assert_allclose(box.high, [1.2, 0.4, 9.81 + 0.8660], atol=1e-3)
    with pytest.raises(DexSim2RealError, match="published no range for table_red, table_green"):
        dextreme(NAMES, ask, 0, 0)


def test_bayesian_optimisation_finds_the_maximum_and_keeps_off_failures():
    box = bayesian(NAMES, ask, 40, 0)
    np.testing.assert_allclose((box.low + box.high) / 2, HIDDEN, atol=0.06)
    np.testing.assert_allclose(box.high - box.low, 0.2 * 0.8)
    failing = bayesian(NAMES, lambda v: np.where(v[:, 0] > 0.5, np.nan, ask(v)), 30, 0)
    assert failing.low[0] < 0.4
    with pytest.raises(DexSim2RealError, match="failed on"):
        bayesian(NAMES, lambda v: np.full(len(v), np.nan), 30, 0)


def test_expected_improvement_by_hand():
    # certain: the gain itself, or nothing; at the best value with deviation 1: 1 / sqrt(2 pi)
    mean, deviation = np.array([[3.0], [1.0], [2.0]]), np.array([[0.0], [0.0], [1.0]])
    np.testing.assert_allclose(expected_improvement(mean, deviation, 2.0), [1.0, 0.0, 0.39894], atol=1e-5)
