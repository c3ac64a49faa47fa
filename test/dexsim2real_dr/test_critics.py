"""Offline critics and reference pictures: scales, order, repeatability, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence, Scores, to_score
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.critics.picture_statistics import describe, noise_level, spectrum_slope, to_lab
from dexsim2real_dr.critics.random_critic import RandomCritic
from dexsim2real_dr.critics.references import load_references
from dexsim2real_dr.critics.weighted import WeightedCritic

PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "real_photos"
SIZE = (64, 64)


def scene(seed, light=0.6, noise=4.0, shape=(3, *SIZE, 3)):
    """Evidence of smooth clouds of another seed, brightness and noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0.5, 1.0, (shape[0], 8, 8, 3)).repeat(8, axis=1).repeat(8, axis=2)
    return np.clip(255 * light * coarse + noise * rng.standard_normal(coarse.shape), 0, 255).astype(np.uint8)


def pictures(images, view="front"):
    return Evidence(images, (view,) * len(images))


REFERENCES = pictures(scene(0, shape=(6, *SIZE, 3)))


def test_lab_of_known_colours():
    known = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8)
    # sRGB red is L 53.2, a 80.1, b 67.2 (D65)
    np.testing.assert_allclose(to_lab(known)[0], [[100, 0, 0], [0, 0, 0], [53.2, 80.1, 67.2]], atol=0.1)


def test_noise_is_measured_and_a_slope_is_not_noise():
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 128)[:, None] * np.ones(128)
    assert noise_level(ramp) < 1e-9
    assert noise_level(ramp + 0.02 * rng.standard_normal(ramp.shape)) == pytest.approx(0.02, rel=0.05)


def test_spectrum_of_white_noise_is_flat_and_of_its_sum_steep():
    white = np.random.default_rng(0).standard_normal((128, 128))
    assert spectrum_slope(white) == pytest.approx(0, abs=0.3)
    assert spectrum_slope(white.cumsum(axis=0).cumsum(axis=1)) < -2


def test_the_smallest_picture_has_statistics_and_smaller_ones_are_refused():
    smallest = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    assert all(np.isfinite(values).all() for values in describe(smallest).values())
    assert all(np.isfinite(values).all() for values in describe(np.zeros((17, 40, 3), np.uint8)).values())
    with pytest.raises(DexSim2RealError, match="16 x 16 or more"):
        describe(smallest[:, 1:])


def test_score_halves_its_distance_to_one_at_three_spreads():
    assert to_score(0) == 10
    assert to_score(3) == pytest.approx(5.5)
    assert to_score(1e9) == pytest.approx(1)


@pytest.mark.parametrize("change", [{"light": 0.4}, {"light": 0.9}, {"noise": 15.0}, {"noise": 0.0}])
def test_image_critic_prefers_what_is_like_the_references(change):
    candidates = [pictures(scene(1)), pictures(scene(1, **change))]
    scores = ImageCritic().score(candidates, REFERENCES)
    assert scores.values[0] > scores.values[1] + 0.5
    assert ((scores.values >= 1) & (scores.values <= 10)).all()
    np.testing.assert_array_equal(scores.values, ImageCritic().score(candidates, REFERENCES).values)


def test_the_references_themselves_are_perfect_and_views_are_kept_apart():
    dark = scene(2, light=0.3)
    references = Evidence(np.concatenate([REFERENCES.images, dark]), ("front",) * 6 + ("wrist",) * 3)
    swapped = Evidence(references.images, ("wrist",) * 6 + ("front",) * 3)
    right, wrong = ImageCritic().score([references, swapped], references).values
    assert right == 10
    assert wrong < 8


def test_pictures_without_a_known_view_are_compared_with_all():
    assert ImageCritic().score([REFERENCES], Evidence(REFERENCES.images, ("any",) * 6)).values[0] == 10


def test_random_critic_repeats_itself_and_spreads():
    candidates = [pictures(scene(i)) for i in range(30)]
    first = RandomCritic(1).score(candidates, REFERENCES).values
    np.testing.assert_array_equal(first, RandomCritic(1).score(candidates[:], REFERENCES).values)
    assert (first != RandomCritic(2).score(candidates, REFERENCES).values).all()
    assert first.min() < 4 < 7 < first.max()


def test_the_score_of_pictures_is_that_of_their_differences():
    scores = ImageCritic().score([pictures(scene(1)), REFERENCES], REFERENCES)
    assert scores.differences.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(scores.values, to_score(scores.differences.distances))
    np.testing.assert_allclose(scores.differences.values[1], 0, atol=1e-12)


def test_differences_have_a_sign():
    dark, bright = (
        ImageCritic().score([pictures(scene(0, light=light)) for light in (0.5, 0.7)], REFERENCES).differences.values
    )
    assert (np.sign(dark[0]), np.sign(bright[0])) == (-1, 1)  # the first statistic is the mean lightness


def test_differences_of_several_critics_stand_side_by_side():
    mixed = WeightedCritic([ImageCritic(), ImageCritic()], [3.0, 1.0]).score([pictures(scene(1))], REFERENCES)
    alone = ImageCritic().score([pictures(scene(1))], REFERENCES)
    assert mixed.differences.values.shape == (1, 2 * alone.differences.values.shape[1])
    assert mixed.differences.distances[0] == pytest.approx(alone.differences.distances[0])
    assert WeightedCritic([ImageCritic(), RandomCritic()], [1, 1]).score([REFERENCES], REFERENCES).differences is None


class Fixed:
    def __init__(self, *values):
        self.name, self._values = "fixed", np.array(values)

    def score(self, candidates, references):
        return Scores(self._values, ("why",) * len(self._values), len(self._values), 1.0)


def test_weights_are_shares_and_failures_spread():
    mixed = WeightedCritic([Fixed(2.0, 4.0), Fixed(8.0, np.nan)], [3.0, 1.0])
    scores = mixed.score([REFERENCES] * 2, REFERENCES)
    assert scores.values[0] == pytest.approx(3.5)  # 0.75 * 2 + 0.25 * 8
    assert np.isnan(scores.values[1])
    assert (scores.queries, scores.seconds, scores.rationale[0]) == (4, 2.0, "why; why")
    with pytest.raises(DexSim2RealError, match="one positive weight"):
        WeightedCritic([Fixed(1.0)], [0.0])


def test_references_come_from_a_folder_with_their_views(tmp_path):
    for name, size in (("front_00.png", (80, 60)), ("wrist_00.jpg", (64, 64)), ("IMG 1.png", (200, 100))):
        Image.new("RGBA" if name.endswith("png") else "RGB", size, (10, 20, 30)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    found = load_references(tmp_path, (48, 48))
    assert found.images.shape == (3, 48, 48, 3)
    assert found.views == ("any", "front", "wrist")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no folder with pictures"), (b"not a png", "not a readable picture"), ((32, 90), "fewer than the 64 x 64")],
)
def test_folders_that_hold_no_references_are_refused(tmp_path, content, said):
    if isinstance(content, bytes):
        (tmp_path / "a.png").write_bytes(content)
    elif content is not None:
        Image.new("RGB", content).save(tmp_path / "a.png")
    with pytest.raises(DexSim2RealError, match=said):
        load_references(tmp_path, SIZE)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="photographs of ../shared/data are missing")
def test_real_photographs_score_above_renderings():
    """Each photograph against the others, and simulated cells of many looks, by both cameras, against the same ones."""
    from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
    from dexsim2real_dr.simulator import Poses
    from dexsim2real_sim import names_of
    from dexsim2real_sim.randomization import Uniform

    photos = load_references(PHOTOS, SIZE).images
    uniform = Uniform(names_of(["lighting", "background", "distractors", "camera_pose"]))
    simulator = EmbeddedSimulator(Poses("pick_place", 1), uniform.names, SIZE)
    rendered = [simulator.pictures(v).images for v in uniform.sample(np.random.default_rng(0), 10)]
    simulator.close()
    wins = []
    for i, photo in enumerate(photos):
        others = pictures(np.delete(photos, i, axis=0), "any")
        shown = [pictures(image[None], "any") for image in (photo, *np.concatenate(rendered))]
        real, *simulated = ImageCritic().score(shown, others).values
        wins += [real > value for value in simulated]
    assert len(wins) == 120
    assert np.mean(wins) >= 0.95
