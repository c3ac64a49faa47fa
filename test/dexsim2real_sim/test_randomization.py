"""Distributions over parameters: what they draw, how their densities add up, how wide they say they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.randomization import AdrBox, Independent, Mixture, Uniform, with_manual_ranges

NAMES = ("light_intensity", "table_red")
LOW = np.array([PARAMETERS[n].range[0] for n in NAMES])
HIGH = np.array([PARAMETERS[n].range[1] for n in NAMES])
share = st.floats(0.0, 1.0)


@st.composite
def mixtures(draw, names=NAMES):
    low, high = LOW[: len(names)], HIGH[: len(names)]
    k = draw(st.integers(1, 3))
    rows = st.lists(st.lists(share, min_size=len(names), max_size=len(names)), min_size=k, max_size=k)
    weights = np.array(draw(st.lists(st.floats(0.1, 1.0), min_size=k, max_size=k)))
    means = low + (high - low) * np.array(draw(rows))
    scales = (high - low) * (0.03 + np.array(draw(rows)))
    return Mixture(names, low, high, weights / weights.sum(), means, scales)


def middle(low, high, count):
    """Midpoints of `count` cells of an interval."""
    return low + (high - low) * (np.arange(count) + 0.5) / count


@settings(max_examples=20, deadline=None)
@given(mixtures(NAMES[:1]))
def test_a_mixture_of_one_parameter_integrates_to_one(mixture):
    grid = middle(LOW[0], HIGH[0], 4000)[:, None]
    assert np.exp(mixture.log_prob(grid)).mean() == pytest.approx(1, abs=1e-3)  # the range is the unit of volume


@settings(max_examples=10, deadline=None)
@given(mixtures())
def test_a_mixture_of_two_parameters_integrates_to_one(mixture):
    grid = np.stack(np.meshgrid(middle(LOW[0], HIGH[0], 200), middle(LOW[1], HIGH[1], 200)), axis=-1).reshape(-1, 2)
    assert np.exp(mixture.log_prob(grid)).mean() == pytest.approx(1, abs=2e-3)


@settings(max_examples=20, deadline=None)
@given(mixtures(), st.integers(0, 2**32))
def test_draws_are_inside_and_repeat_with_the_seed(mixture, seed):
    drawn = mixture.sample(np.random.default_rng(seed), 50)
    assert ((drawn >= LOW) & (drawn <= HIGH)).all()
    np.testing.assert_array_equal(drawn, mixture.sample(np.random.default_rng(seed), 50))
    assert np.isfinite(mixture.log_prob(drawn)).all()


@settings(max_examples=5, deadline=None)
@given(mixtures(NAMES[:1]))
def test_draws_follow_the_density(mixture):
    drawn = np.sort(mixture.sample(np.random.default_rng(0), 4000)[:, 0])
    grid = middle(LOW[0], HIGH[0], 4000)
    cumulated = np.cumsum(np.exp(mixture.log_prob(grid[:, None]))) / 4000
    empirical = np.searchsorted(drawn, grid) / 4000
    assert np.abs(empirical - cumulated).max() < 0.036  # Kolmogorov-Smirnov: 2.27 / sqrt(4000) at p = 6e-5


@settings(max_examples=10, deadline=None)
@given(mixtures())
def test_entropy_agrees_with_the_integral_within_its_error(mixture):
    grid = np.stack(np.meshgrid(middle(LOW[0], HIGH[0], 200), middle(LOW[1], HIGH[1], 200)), axis=-1).reshape(-1, 2)
    log_prob = mixture.log_prob(grid)
    exact = -(np.exp(log_prob) * log_prob).mean()
    entropy = mixture.entropy()
    assert entropy.nats == pytest.approx(exact, abs=5 * entropy.standard_error + 2e-3)
    assert entropy.nats <= 5 * entropy.standard_error + 1e-9  # nothing on the ranges is wider than uniform


def test_a_wide_component_is_uniform_and_a_narrow_one_gaussian():
    width = HIGH - LOW
    wide = Mixture(NAMES, LOW, HIGH, [1.0], [(LOW + HIGH) / 2], [9 * width])
    assert wide.entropy().nats == pytest.approx(0, abs=2e-3)
    narrow = Mixture(NAMES, LOW, HIGH, [1.0], [(LOW + HIGH) / 2], [0.01 * width])
    # two Gaussians of 0.01 of the range: 2 (ln 0.01 + 0.5 ln(2 pi e)) = 2 (-4.605 + 1.419) = -6.372
    assert narrow.entropy().nats == pytest.approx(-6.372, abs=5 * narrow.entropy().standard_error)


def test_uniform_is_the_zero_of_densities_and_entropies():
    uniform = Uniform(NAMES)
    np.testing.assert_array_equal(uniform.log_prob(np.array([LOW, HIGH, HIGH + 1e-6])), [0, 0, -np.inf])
    assert uniform.entropy().nats == 0


def test_a_box_of_half_the_range_is_one_bit_narrower():
    box = AdrBox(NAMES[:1], LOW[:1], (LOW[:1] + HIGH[:1]) / 2)
    assert box.entropy().nats == pytest.approx(-np.log(2))
    np.testing.assert_allclose(box.log_prob(np.array([LOW[:1], HIGH[:1]])), [np.log(2), -np.inf])


def test_boundary_draws_hold_one_parameter_at_an_end():
    box, rng = AdrBox(NAMES, LOW, HIGH), np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        draw = box.sample_boundary(rng)
        which = NAMES.index(draw.name)
        assert draw.values[which] == (LOW if draw.end == "low" else HIGH)[which]
        assert np.isfinite(box.log_prob(draw.values[None]))
        seen.add((draw.name, draw.end))
    assert len(seen) == 4


def test_an_end_moves_as_far_as_the_bounds_and_not_past_the_other():
    box = AdrBox(NAMES, LOW, HIGH)
    assert box.moved("table_red", "high", 0.02).high[1] == pytest.approx(0.97)
    assert box.moved("table_red", "high", 9.0).high[1] == PARAMETERS["table_red"].bounds[1]
    assert box.moved("table_red", "low", -9.0).low[1] < HIGH[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"names": ("light_intensity", "colour")}, "unknown parameter"),
        ({"names": ("table_red", "table_red")}, "only once"),
        ({"low": [-1.0, 0.2]}, "outside its bounds"),
        ({"low": HIGH}, "positive width"),
        ({"low": LOW[:1]}, "ends"),
        ({"weights": [0.5, 0.4]}, "add up to 1"),
        ({"means": [HIGH + 1e-3, LOW]}, "outside the box"),
        ({"scales": np.zeros((2, 2))}, "standard deviation"),
        ({"means": [LOW]}, "shape"),
        ({"means": [[np.nan, 0.5], LOW]}, "outside the box"),
    ],
)
def test_numbers_that_make_no_mixture_are_refused(change, said):
    good = {"names": NAMES, "low": LOW, "high": HIGH, "weights": [0.5, 0.5], "means": [LOW, HIGH],
            "scales": [HIGH - LOW] * 2}  # fmt: skip
    Mixture(**good)
    with pytest.raises(DexSim2RealError, match=said):
        Mixture(**good | change)


def test_an_unknown_parameter_of_a_uniform_is_refused():
    with pytest.raises(UnknownNameError):
        Uniform(["colour"])


def test_independent_parts_add_up():
    parts = [AdrBox(NAMES[:1], LOW[:1], [LOW[0] + (HIGH[0] - LOW[0]) / 2]), Uniform(["table_red"])]
    both = Independent(parts)
    assert both.names == NAMES
    assert both.entropy().nats == pytest.approx(np.log(0.5))  # half as wide in one, as wide in the other
    drawn = both.sample(np.random.default_rng(0), 10)
    np.testing.assert_allclose(both.log_prob(drawn), np.log(2))
    assert both.log_prob(np.array([[HIGH[0], 0.5]])) == -np.inf


def test_a_parameter_belongs_to_one_part():
    with pytest.raises(DexSim2RealError, match="only once"):
        Independent([Uniform(NAMES), Uniform(["table_red"])])


def test_what_was_not_found_keeps_its_manual_range():
    found = AdrBox(NAMES[:1], LOW[:1], [LOW[0] + (HIGH[0] - LOW[0]) / 4])
    whole = with_manual_ranges(found)
    assert set(whole.names) == {name for name, each in PARAMETERS.items() if not each.frozen}
    assert whole.entropy().nats == pytest.approx(np.log(0.25))  # the rest is as wide as it was
    assert with_manual_ranges(whole) is whole
