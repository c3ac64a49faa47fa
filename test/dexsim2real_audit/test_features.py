import numpy as np
import pytest

from dexsim2real_audit.features import BIN, CLIP, Features

FLOORS = {"a": 0.0, "b": 0.0}


@pytest.fixture(scope="module")
def family():
    rng = np.random.default_rng(0)
    return {"a": rng.normal(3.0, 2.0, (60, 24, 6)), "b": rng.normal(0.0, 0.1, (60, 24, 2))}


def test_channels_weigh_the_same_whatever_their_size_and_unit(family):
    rows = Features(family, FLOORS)(family)
    bins = 24 // BIN
    assert rows.shape == (60, bins * 6 + bins * 2 + 4)
    assert rows.mean(axis=0) == pytest.approx(0.0, abs=1e-9)
    squares = (rows**2).mean(axis=0)
    assert squares[: 6 * bins].sum() == pytest.approx(1.0)
    assert squares[6 * bins : 8 * bins].sum() == pytest.approx(1.0)


def test_the_mean_of_a_tenth_of_a_second(family):
    """One component of one bin, one standard deviation of it up, and nothing else."""
    features = Features(family, FLOORS)
    moved = {name: values[:1].copy() for name, values in family.items()}
    spread = family["a"][:, :BIN, 0].mean(axis=1).std()
    moved["a"][:, :BIN, 0] += spread
    change = features(moved)[0] - features(family)[0]
    assert change[0] == pytest.approx(1 / np.sqrt(24))  # one of 24 features of its channel
    assert np.count_nonzero(np.abs(change[:32]) > 1e-9) == 1


def test_noise_shows_in_roughness_alone(family):
    features = Features(family, FLOORS)
    louder = {"a": family["a"], "b": np.zeros((60, 24, 2)) + 1.0}
    change = features(louder) - features(family)
    assert np.all(change[:, -2:].mean(axis=0) < -0.3)  # nothing moves in b
    assert np.all(change[:, :24] == 0)


def test_what_was_not_recorded_is_usual_and_nothing_counts_more_than_its_share(family):
    features = Features(family, FLOORS)
    blank = {"a": np.full((1, 24, 6), np.nan), "b": np.full((1, 24, 2), 1e9)}
    rows = features(blank)
    assert np.all(rows[0, :24] == 0)
    assert rows[0, 24:32] == pytest.approx(CLIP / np.sqrt(8))
