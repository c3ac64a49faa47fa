"""What the cameras are told: the same picture in another process."""

import numpy as np
import pytest

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.live_parameters import CELL_PARAMETERS, make_live_cell
from dexsim2real_sim.live_scene import Scene, describe, follow


@pytest.fixture(scope="module")
def pair():
    return make_live_cell(CELL_PARAMETERS), make_live_cell(CELL_PARAMETERS)


def model_fields(live):
    model = live.plant.sim.batch.get_model(0)
    return [
        np.asarray(getattr(model, name)) for name in ("geom_size", "geom_rgba", "geom_type", "body_mass", "light_pos")
    ]


def test_a_scene_survives_its_text(pair):
    scene = describe(pair[0], 12345)
    assert Scene.parse(scene.text()) == scene


def test_a_verdict_that_there_is_not_is_refused(pair):
    text = describe(pair[0], 1).text()
    assert '"verdict": "open"' in text
    with pytest.raises(SimError, match="not a scene of the simulator"):
        Scene.parse(text.replace('"verdict": "open"', '"verdict": "maybe"'))


def test_a_follower_sees_the_same_objects_in_the_same_places_after_resets(pair):
    simulator, camera = pair
    for _ in range(3):
        simulator.reset()
    simulator.command({"arm_joint_1": 0.05})
    for _ in range(5):
        simulator.tick()
    follow(camera, Scene.parse(describe(simulator, 1).text()))
    assert np.array_equal(camera.plant.sim.qpos, simulator.plant.sim.qpos)
    for mine, theirs in zip(model_fields(camera), model_fields(simulator), strict=True):
        assert np.array_equal(mine, theirs)


def test_a_simulator_that_was_started_again_is_followed(pair):
    simulator, camera = pair
    simulator.reset()
    follow(camera, describe(simulator, 1))
    simulator.rewind()
    follow(camera, describe(simulator, 2))
    assert camera.starts == 1
    assert camera.object_poses().keys() == simulator.object_poses().keys()
    for name, pose in simulator.object_poses().items():
        assert np.array_equal(camera.object_poses()[name], pose)


def test_a_simulator_that_starts_from_another_seed_is_followed(pair):
    simulator, camera = pair
    simulator.rewind(7)
    follow(camera, describe(simulator, 1))
    assert camera.seed == 7
    for mine, theirs in zip(model_fields(camera), model_fields(simulator), strict=True):
        assert np.array_equal(mine, theirs)
    simulator.rewind(0)
    follow(camera, describe(simulator, 2))
    assert camera.seed == 0


def test_parameters_that_a_person_changed_are_seen(pair):
    simulator, camera = pair
    simulator.set_parameters({"exposure": 0.8})
    follow(camera, describe(simulator, 1))
    assert camera.parameters()["exposure"] == 0.8


def test_a_twin_does_not_tell():
    assert describe(make_live_cell({**CELL_PARAMETERS, "twin": "3"}), 1).parameters == {}


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"stamp_ns": 1, "seed": 0, "starts": 1, "positions": ["x"], "parameters": {}}']
)
def test_what_is_no_scene_is_refused(text):
    with pytest.raises(SimError, match="not a scene"):
        Scene.parse(text)


def test_a_scene_of_another_model_is_refused(pair):
    with pytest.raises(SimError, match="give the camera the simulator's task"):
        follow(pair[1], Scene(1, 1, (0.0,), {}))
