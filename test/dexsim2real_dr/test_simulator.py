"""Pictures for a search: they repeat, follow the parameters, and a twin's are captured at the same poses."""

import json

import numpy as np
import pytest
from PIL import Image

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.capture import FILE, capture, captured_poses, save_capture
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.references import load_references
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import Twin

SIZE = (48, 48)
POSES = Poses("pick_place", count=2, seed=1)
NAMES = ("table_red", "exposure")


@pytest.fixture(scope="module")
def simulator():
    made = EmbeddedSimulator(POSES, NAMES, SIZE)
    yield made
    made.close()


def test_the_same_values_give_the_same_pictures_whatever_came_between(simulator):
    first = simulator.pictures(np.array([0.9, 1.0]))
    other = simulator.pictures(np.array([0.2, 1.0]))
    again = simulator.pictures(np.array([0.9, 1.0]))
    np.testing.assert_array_equal(first.images, again.images)
    assert first.views == ("front", "wrist", "front", "wrist")
    assert first.images.shape == (4, *SIZE, 3)
    assert first.of("front")[..., 0].mean() > other.of("front")[..., 0].mean() + 5


def test_parameters_that_change_with_the_frame_are_set_too(simulator):
    dim, bright = (simulator.pictures(np.array([0.7, exposure])).images.mean() for exposure in (0.8, 1.1))
    assert bright / dim == pytest.approx(1.1 / 0.8, rel=0.1)


def test_values_out_of_bounds_are_refused(simulator):
    with pytest.raises(DexSim2RealError, match="outside its bounds"):
        simulator.pictures(np.array([2.0, 1.0]))


def test_a_capture_holds_pictures_and_poses_and_nothing_hidden(simulator, tmp_path):
    twin = Twin(seed=5, values={"table_red": 0.2, "exposure": 0.8})
    assert capture(twin, POSES, SIZE, tmp_path / "a") == 4
    pictures = load_references(tmp_path / "a", SIZE)
    assert sorted(pictures.views) == ["front", "front", "wrist", "wrist"]
    found = captured_poses(tmp_path / "a")
    assert (found.task, found.count, found.seed) == ("pick_place", 2, 1)
    told = json.loads((tmp_path / "a" / FILE).read_text())
    np.testing.assert_allclose(told["positions"], simulator.joints)  # the robot stands where a search will put it
    assert set(told) == {"schema", "task", "count", "seed", "joints", "positions"}
    expected = simulator.pictures(np.array([0.2, 0.8]))  # this twin has no unmodelled effects
    np.testing.assert_array_equal(pictures.of("front"), expected.of("front"))


def test_a_folder_with_pictures_is_not_written_into(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "mine.PNG")
    with pytest.raises(DexSim2RealError, match="is not an empty folder"):
        capture(Twin(seed=5), POSES, SIZE, tmp_path)


def test_a_capture_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    taken = Evidence(np.zeros((2, 9, 9, 3), np.uint8), ("front", "wrist"))
    monkeypatch.setattr(json, "dumps", stop)
    with pytest.raises(KeyboardInterrupt):
        save_capture(tmp_path / "a", POSES, taken)
    assert list(tmp_path.iterdir()) == []


def test_the_robot_stands_where_it_was_measured(simulator):
    asked = np.array(simulator.joints)
    asked[1, 0] += 0.4
    moved = EmbeddedSimulator(Poses("pick_place", 2, 1, tuple(map(tuple, asked.tolist()))), NAMES, SIZE)
    np.testing.assert_array_equal(moved.joints, asked)
    values = np.array([0.9, 1.0])
    before, after = simulator.pictures(values).images, moved.pictures(values).images
    np.testing.assert_array_equal(before[:2], after[:2])  # the first pose is the same
    assert (before[2:] != after[2:]).any()
    moved.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"count": 0}, "expected 1 or more poses"),
        ({"seed": -1}, "expected 1 or more poses"),
        ({"count": 2, "joints": ((0.0,) * 23,)}, "expected 2 rows of 23"),
        ({"count": 1, "joints": ((0.0,) * 7,)}, "expected 1 rows of 23"),
    ],
)
def test_poses_that_are_none_are_refused(wrong, said):
    with pytest.raises(DexSim2RealError, match=said):
        Poses("pick_place", **wrong)


@pytest.mark.parametrize("text", ["{}", "[]", "x", '{"schema": 1}', '{"schema": 2}'])
def test_a_folder_that_does_not_say_how_it_was_taken(tmp_path, text):
    assert captured_poses(tmp_path) is None
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DexSim2RealError, match=FILE):
        captured_poses(tmp_path)
