"""randomization.yaml comes back as it was written, and anything else is refused."""

import numpy as np
import pytest
import yaml

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import load_randomization, make_env
from dexsim2real_sim.randomization import AdrBox, Cost, Entropy, Independent, Mixture, Randomization, Round, Uniform
from dexsim2real_sim.revision import git_revision
from dexsim2real_sim.twin import Twin

NAMES = ("light_intensity", "table_red")


def mixture():
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(3))
    return Mixture(NAMES, [0.4, 0.1], [1.5, 0.9], weights, rng.uniform(0.5, 0.9, (3, 2)), rng.uniform(0.1, 1, (3, 2)))


DISTRIBUTIONS = {
    "uniform": Uniform(NAMES),
    "adr_box": AdrBox(NAMES, [0.1 + 0.2, 0.3], [1.1, 1 / 3]),
    "mixture": mixture(),
    "independent": Independent([mixture(), Uniform(["friction_tip"])]),
}


def randomization(kind="mixture"):
    return Randomization(
        "fm_dr", "pick_place", DISTRIBUTIONS[kind], Entropy(-0.1234567890123, 1e-5), "image",
        (Round(1, 20, 4.2, 5.0, -0.1), Round(2, 20, 1 / 3, 7.0, -0.2)), Cost(40, 12.3), (3, 4), "abc",
    )  # fmt: skip


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_round_trip_is_exact(tmp_path, kind):
    saved = randomization(kind)
    saved.save(tmp_path / "r.yaml")
    loaded = load_randomization(tmp_path / "r.yaml")
    for name in ("method", "task", "entropy", "critic", "history", "cost", "seeds", "revision"):
        assert getattr(loaded, name) == getattr(saved, name)
    assert loaded.distribution.names == saved.distribution.names
    drawn = saved.distribution.sample(np.random.default_rng(0), 20)
    np.testing.assert_array_equal(loaded.distribution.sample(np.random.default_rng(0), 20), drawn)
    np.testing.assert_array_equal(loaded.distribution.log_prob(drawn), saved.distribution.log_prob(drawn))
    loaded.save(tmp_path / "again.yaml")
    assert (tmp_path / "again.yaml").read_text() == (tmp_path / "r.yaml").read_text()


def test_an_environment_draws_from_a_loaded_file(tmp_path):
    randomization("adr_box").save(tmp_path / "r.yaml")
    env = make_env("pick_place", seed=1, threads=1, sampler=load_randomization(tmp_path / "r.yaml").distribution)
    assert 0.3 <= env.values["table_red"][0] <= 1 / 3
    env.close()


def spoil(path, value):
    """A saved file with the entry at `path` replaced, or removed if the value is None."""
    data = yaml.safe_load(yaml.safe_dump(randomization()._plain()))
    place = data
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["schema"], 2, "schema 2"),
        (["schema"], None, "no `schema`"),
        (["method"], "magic", "unknown method"),
        (["task"], "fly", "unknown task"),
        (["extra"], 1, "unknown entry"),
        (["cost"], None, "has no cost"),
        (["cost", "queries"], True, "finite number"),
        (["cost", "dollars"], 1, "unknown entry of cost"),
        (["entropy", "nats"], float("nan"), "finite number"),
        (["history"], "long", "expected a list"),
        (["history", 0, "mean_score"], None, "has no mean_score"),
        (["seeds"], ["a"], "finite number"),
        (["revision"], 7, "expected text"),
        (["distribution"], "wide", "unknown kind"),
        (["distribution", "kind"], "wide", "unknown kind"),
        (["distribution", "parameters", "table_red"], [0.1, 1.2], "outside its bounds"),
        (["distribution", "parameters", "table_red"], [0.1], "expected two"),
        (["distribution", "parameters", "colour"], [0.1, 0.2], "unknown parameter"),
        (["distribution", "components", 0, "mean", "table_red"], 0.95, "outside the box"),
        (["distribution", "components", 0, "mean", "table_green"], 0.5, "unknown entry of mean"),
        (["distribution", "components", 0, "weight"], 0.9999, "add up to 1"),
    ],
)
def test_a_file_that_is_not_right_is_refused(tmp_path, path, value, said):
    file = tmp_path / "r.yaml"
    file.write_text(yaml.safe_dump(spoil(path, value)))
    if path[-1] == "colour":  # the components lack it too, which is found after the name itself
        said = "colour"
    with pytest.raises(DexSim2RealError, match=said) as error:
        load_randomization(file)
    assert "r.yaml" in str(error.value)


@pytest.mark.parametrize("text", ["a: [", "[]", "\x00"])
def test_what_is_no_randomization_file_is_refused(tmp_path, text):
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(DexSim2RealError, match="r.yaml"):
        load_randomization(tmp_path / "r.yaml")
    with pytest.raises(DexSim2RealError, match="cannot read"):
        load_randomization(tmp_path / "missing.yaml")


def test_a_failed_save_leaves_the_old_file(tmp_path):
    randomization().save(tmp_path / "r.yaml")
    before = (tmp_path / "r.yaml").read_text()
    with pytest.raises(DexSim2RealError, match="cannot be saved"):
        Randomization("manual", "pick_place", Twin(seed=0, values={}), Entropy(0.0)).save(tmp_path / "r.yaml")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        randomization().save(tmp_path / "r.yaml" / "r.yaml")
    assert (tmp_path / "r.yaml").read_text() == before
    assert [f.name for f in tmp_path.iterdir()] == ["r.yaml"]


def test_the_revision_is_a_commit_or_unknown():
    revision = git_revision()
    assert revision == "unknown" or len(revision.split("-")[0]) == 40
