"""The search on a problem with a hidden answer: it finds it, goes on exactly, and refuses what is not its own."""

import itertools
import json

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.critic import Critic, Differences, Evidence, Scores, to_score
from dexsim2real_dr.errors import CriticError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem, Search, best_values
from dexsim2real_dr.fm_dr.surrogate import DifferenceSurrogate, ScoreSurrogate, expected_size
from dexsim2real_sim import PARAMETERS, Uniform, load_randomization

pytest.importorskip("cma", reason="needs the extra 'dr'")

NAMES = ("light_intensity", "table_red", "table_green")
HIDDEN = np.array([0.6, 0.8, 0.3])
WIDTH = np.array([PARAMETERS[n].range[1] - PARAMETERS[n].range[0] for n in NAMES])
CONFIG = FmDrConfig(rounds=3, samples=10, generations=10, points=16)
REFERENCES = Evidence(np.zeros((1, 4, 4, 3), np.uint8), ("any",))


def observe(values):
    """See `look`."""
    return [look(row) for row in values]


def look(values):
    """The values themselves in place of a picture."""
    bits = np.frombuffer(values.astype(np.float64).tobytes(), np.uint8)
    return Evidence(bits.reshape(1, 2, 4, 3), ("any",))


class Oracle(Critic):
    """Scores by the distance from the hidden values; fails on those that `bad` chooses."""

    name = "oracle"

    def __init__(self, bad=lambda count: False):
        self.count, self._bad = 0, bad

    def score(self, candidates, references):
        self.count += 1
        values = np.frombuffer(candidates[0].images.tobytes(), np.float64)
        score = 10 - 9 * np.minimum(1, np.abs((values - HIDDEN) / WIDTH).mean() / 0.5)
        return Scores(np.array([np.nan if self._bad(self.count) else score]), ("as told",), 1, 0.0)


def problem(critic=None, **changes):
    return Problem(**{"task": "pick_place", "names": NAMES, "observe": observe, "critic": critic or Oracle(),
                      "references": REFERENCES, "seen": "here", **changes})  # fmt: skip


def error(distribution):
    """Mean distance of draws from the hidden values, over the manual ranges."""
    drawn = distribution.sample(np.random.default_rng(0), 500)
    return np.abs((drawn - HIDDEN) / WIDTH).mean()


def test_the_last_round_is_polished_and_no_other(tmp_path):
    found = {}
    for polish in (0, 30):
        (tmp_path / str(polish)).mkdir()
        config = FmDrConfig(rounds=2, samples=10, generations=2, points=16, polish=polish)
        search = Search(problem(), config, tmp_path / str(polish))
        search.round()
        first = list(search.state.vector)
        search.round()
        found[polish] = (first, search.state.vector, search.state.queries, error(search.distribution()))
    assert found[0][0] == found[30][0]
    assert found[0][1] != found[30][1]
    assert found[0][2] == found[30][2] == 20
    assert found[30][3] < found[0][3]


def test_it_finds_what_the_critic_likes_and_stays_wide_where_told(tmp_path):
    search = Search(problem(), FmDrConfig(rounds=4, samples=12, generations=25, points=32), tmp_path)
    before = error(search.distribution())
    while not search.finished:
        search.round()
    assert error(search.distribution()) < 0.6 * before
    assert search.state.history[-1].mean_score > search.state.history[0].mean_score + 1
    (tmp_path / "wide").mkdir()
    wide = Search(problem(), FmDrConfig(rounds=4, samples=12, generations=25, points=32, entropy_weight=5.0),
                  tmp_path / "wide")  # fmt: skip
    while not wide.finished:
        wide.round()
    assert wide.state.history[-1].entropy > search.state.history[-1].entropy + 1
    assert wide.state.history[-1].entropy > 0  # as wide as the manual ranges or wider


def test_resuming_is_exact(tmp_path):
    for folder in ("whole", "parts"):
        (tmp_path / folder).mkdir()
    whole = Search(problem(), CONFIG, tmp_path / "whole")
    while not whole.finished:
        whole.round()
    while True:
        part = Search(problem(), CONFIG, tmp_path / "parts")  # a new process each round
        if part.finished:
            break
        part.round()
    for name in ("vector", "values", "scores", "history"):
        assert getattr(part.state, name) == getattr(whole.state, name)


def test_an_interrupted_round_leaves_the_state_and_is_drawn_again(tmp_path):
    search = Search(problem(), CONFIG, tmp_path)
    search.round()
    kept = (tmp_path / "state.json").read_text()

    def stop():
        if search.problem.critic.count == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.round(stop)
    assert (tmp_path / "state.json").read_text() == kept
    search.round()
    undisturbed = Search(problem(), CONFIG, tmp_path)
    assert undisturbed.state.values == search.state.values
    assert len(search.state.values) == 20


def test_failures_of_the_critic_are_left_out_and_counted_as_none(tmp_path):
    search = Search(problem(Oracle(lambda count: count % 3 == 0)), CONFIG, tmp_path)
    search.round()
    assert search.state.scores.count(None) == 3
    assert len(search.state.scored()[1]) == 7
    assert search.state.queries == 10


def test_a_critic_that_always_fails_stops_the_search(tmp_path):
    search = Search(problem(Oracle(lambda count: True)), CONFIG, tmp_path)
    with pytest.raises(DexSim2RealError, match=r"failed on 10 of 10.*as told"):
        search.round()
    assert not (tmp_path / "state.json").exists()


def test_an_error_of_the_critic_keeps_the_rounds_before(tmp_path):
    class Dies(Oracle):
        def score(self, candidates, references):
            if self.count == 14:
                raise CriticError("dead")
            return super().score(candidates, references)

    search = Search(problem(Dies()), CONFIG, tmp_path)
    search.round()
    with pytest.raises(CriticError):
        search.round()
    assert len(Search(problem(), CONFIG, tmp_path).state.history) == 1


@pytest.mark.parametrize(
    ("other", "said"),
    [({"task": "pouring"}, "its task is 'pick_place'"), ({"names": NAMES[:2]}, "its parameters"),
     ({"seen": "there"}, "its pictures is 'here'"),
     ({"references": Evidence(REFERENCES.images + 1, ("any",))}, "its references")],
)  # fmt: skip
def test_the_state_of_another_search_is_refused(tmp_path, other, said):
    Search(problem(), CONFIG, tmp_path).round()
    with pytest.raises(DexSim2RealError, match=said):
        Search(problem(**other), CONFIG, tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 7}', '{"schema": 1, "history": [{"a": 1}]}'])
def test_a_damaged_state_is_refused(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(DexSim2RealError, match=r"state.json"):
        Search(problem(), CONFIG, tmp_path)


def test_the_state_is_plain_json(tmp_path):
    Search(problem(), CONFIG, tmp_path).round()
    data = json.loads((tmp_path / "state.json").read_text())
    assert len(data["values"]) == len(data["scores"]) == 10


def test_the_result_is_a_randomization_file(tmp_path):
    search = Search(problem(), CONFIG, tmp_path)
    search.round()
    search.result().save(tmp_path / "randomization.yaml")
    loaded = load_randomization(tmp_path / "randomization.yaml")
    assert (loaded.method, loaded.critic, loaded.cost.queries) == ("fm_dr", "oracle", 10)
    assert loaded.history == tuple(search.state.history)
    best = best_values(search.state, NAMES)
    scores = search.state.scores
    assert list(best.values()) == search.state.values[scores.index(max(scores))]


def test_vectors_become_distributions_inside_the_box():
    coding = Coding.of(NAMES, 3)
    rng = np.random.default_rng(0)
    for vector in (np.zeros(coding.size), np.ones(coding.size), rng.uniform(-1, 2, coding.size)):
        mixture = coding.mixture(vector)
        unit = coding.unit(mixture.sample(rng, 100))
        assert ((unit >= 0) & (unit <= 1)).all()
    assert coding.mixture(coding.start(rng)).entropy().nats > -0.5  # as wide as the manual ranges, nearly


def test_the_surrogate_learns_a_sum_of_effects_from_few_samples():
    rng = np.random.default_rng(0)

    def truth(x):
        return 3 * x[:, 0] - 4 * np.square(x[:, 1] - 0.3) + 5

    x, test = rng.random((60, 8)), rng.random((200, 8))
    predicted = ScoreSurrogate(x, truth(x) + 0.05 * rng.standard_normal(60)).predict(test)
    left = np.var(predicted - truth(test)) / np.var(truth(test))
    assert left < 0.1


def test_the_expected_size_of_a_difference_is_that_of_draws():
    drawn = np.random.default_rng(0).normal([0.0, 1.0, -2.0], [1.0, 0.5, 1e-12], (100_000, 3))
    found = expected_size(np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.5, 0.0]))
    np.testing.assert_allclose(found, np.abs(drawn).mean(axis=0), atol=0.01)


def test_differences_tell_where_the_references_are_from_samples_that_are_all_far_away():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 0.4, (40, 2))
    measured = Differences(10 * (x - [0.6, 0.5]), np.array([0.5, 0.5]))  # zero where no sample is
    surrogate = DifferenceSurrogate(x, measured)
    near, far, beyond = surrogate.predict(np.array([[0.6, 0.5], [0.2, 0.2], [1.0, 1.0]]))
    assert near > far + 1
    assert near > beyond


class Measuring(Oracle):
    """Says in which parameter and which way a candidate differs."""

    def score(self, candidates, references):
        values = np.array([np.frombuffer(c.images.tobytes(), np.float64) for c in candidates])
        differences = Differences((values - HIDDEN) / WIDTH / 0.05, np.full(3, 1 / 3))
        return Scores(to_score(differences.distances), ("as told",), 1, 0.0, differences)


def test_a_critic_that_measures_needs_fewer_samples_and_goes_on_exactly(tmp_path):
    found = {True: 0.0, False: 0.0}
    for measured, seed in itertools.product(found, range(3)):
        folder = tmp_path / f"{measured}_{seed}"
        folder.mkdir()
        settings = FmDrConfig(rounds=2, samples=10, generations=25, points=32, measured=measured, width=0.0, seed=seed)
        Search(problem(Measuring()), settings, folder).round()
        search = Search(problem(Measuring()), settings, folder)
        search.round()
        found[measured] += error(search.distribution())
    assert found[True] < 0.85 * found[False]


def test_a_distribution_stays_as_wide_as_asked_for(tmp_path):
    settings = FmDrConfig(rounds=4, samples=10, generations=25, points=64, entropy_weight=0.01, width=0.7)
    search = Search(problem(Measuring()), settings, tmp_path)
    while not search.finished:
        search.round()
    assert np.exp(search.state.history[-1].entropy / 3) == pytest.approx(0.7, abs=0.07)
    assert error(search.distribution()) < 0.5 * error(Uniform(NAMES))


@pytest.mark.parametrize(
    "wrong", [{"width": 2.0}, {"rounds": 0}, {"seed": -1}, {"population": 2}, {"points": 48}, {"entropy_weight": -1.0}]
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(DexSim2RealError, match=next(iter(wrong))):
        FmDrConfig(**wrong)
