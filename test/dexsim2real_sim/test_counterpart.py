import numpy as np
import pytest

from dexsim2real_description import JOINTS, DexSim2RealError, UnknownNameError
from dexsim2real_sim import EnvConfig, Twin
from dexsim2real_sim.counterpart import Counterpart, Start
from dexsim2real_sim.live import LiveCell
from dexsim2real_sim.twin import Unmodelled

CONFIG = EnvConfig("pick_place", 3, objects=("soup_can",))


@pytest.fixture(scope="module")
def cell():
    return Counterpart(CONFIG)


def somewhere(cell):
    """A start with the can off the middle of the table."""
    cell.begin()
    joints = cell.target[0].copy()
    pose = np.array([0.6, 0.05, 0.0505, 1.0, 0.0, 0.0, 0.0])
    return Start(joints, joints, {"object": pose}, {"object": "soup_can"})


def test_it_is_the_cell_of_the_live_graph(cell):
    """Same seed, same commands: the same readings as LiveCell, which the simulated robot runs."""
    live = LiveCell(EnvConfig("pick_place", 1, objects=("soup_can",)))
    cell.begin(seed=0)
    goal = cell.target[0] + 0.02
    for _ in range(5):
        live.command(dict(zip(JOINTS, goal, strict=True)))
        live.tick()
        ours, theirs = cell.tick(goal), live.readings()
        np.testing.assert_array_equal(ours.position[0], theirs.position[0])
        np.testing.assert_array_equal(ours.touch[0], theirs.touch[0])


def test_everything_begins_where_the_recording_has_it(cell):
    start = somewhere(cell)
    cell.begin(("object_mass",), np.array([[0.5], [1.0], [1.5]]), start)
    assert cell.bodies == ("object",)
    np.testing.assert_allclose(cell.object_poses()[:, 0], np.tile(start.poses["object"], (3, 1)), atol=1e-12)
    np.testing.assert_array_equal(cell.plant.sim.joint_position, np.tile(start.joints, (3, 1)))
    body = cell.plant.fields.index("body", "object")
    np.testing.assert_allclose(cell.plant.fields.array("body_mass")[:, body], [0.1745, 0.349, 0.5235])  # 0.349 kg


def test_what_stood_on_the_table_stands_on_each_cells_own(cell):
    start = somewhere(cell)
    cell.begin(("table_height", "object_scale"), np.array([[0.0, 1.0], [0.02, 1.0], [-0.01, 1.04]]), start)
    np.testing.assert_allclose(cell.object_poses()[:, 0, 2], [0.0505, 0.0705, 0.0505 * 1.04 - 0.01], atol=1e-9)


def test_parameters_change_in_some_cells_only(cell):
    cell.begin()
    cell.set_parameters({"friction_tip": 0.2}, np.array([1]))
    np.testing.assert_array_equal(cell.plant.values["friction_tip"], [1.0, 0.2, 1.0])
    cell.swap("object", "apple", np.array([2]))
    assert [names["object"] for names in cell.starter.object_names] == ["soup_can", "soup_can", "apple"]


def test_a_twin_of_effects_alone_leaves_the_parameters_to_the_caller():
    cell = Counterpart(EnvConfig("pick_place", 2, objects=("apple",)), Twin(1, {}, Unmodelled(payload=0.1)))
    cell.begin(("arm_delay",), np.array([[0.02], [0.03]]))
    np.testing.assert_array_equal(cell.plant.values["arm_delay"], [0.02, 0.03])


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        (("arm_delay",), [[5.0]] * 3, "outside its bounds"),
        (("arm_dealy",), [[0.01]] * 3, "arm_delay"),
        (("arm_delay",), [[0.01]], r"expected \(3, 1\)"),
    ],
)
def test_wrong_values_are_refused(cell, names, values, message):
    with pytest.raises(DexSim2RealError, match=message):
        cell.begin(names, np.array(values))


def test_wrong_names_in_a_start_are_refused(cell):
    start = somewhere(cell)
    with pytest.raises(UnknownNameError, match="soup_can"):
        cell.begin(start=Start(start.joints, start.joints, {}, {"object": "soup_cam"}))
    with pytest.raises(UnknownNameError, match="object"):
        cell.begin(start=Start(start.joints, start.joints, {"peg": np.zeros(7)}))
