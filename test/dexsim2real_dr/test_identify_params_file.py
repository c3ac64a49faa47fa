from dataclasses import astuple

import numpy as np
import pytest
import yaml

from dexsim2real_description import ARM_JOINTS, DexSim2RealError, UnknownNameError, make_cell
from dexsim2real_description.arm import FR3
from dexsim2real_dr.identify.arm import LINKS, ArmConfig, identify_arm, start_inertias
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import Dynamics
from dexsim2real_dr.identify.motion import Motion
from dexsim2real_dr.identify.params_file import SCHEMA, describe, load_params, params_of, save_params


@pytest.fixture(scope="module")
def result():
    time = np.arange(0, 8, 0.01)
    q = 0.5 * np.sin(np.outer(time, np.arange(1, 8)))
    dq = 0.5 * np.arange(1, 8) * np.cos(np.outer(time, np.arange(1, 8)))
    ddq = -0.5 * np.arange(1, 8) ** 2 * np.sin(np.outer(time, np.arange(1, 8)))
    motion = Motion(time, q, dq, ddq, np.zeros_like(q))
    chain = Chain.of([joint for joint in FR3.joints if joint.axis is not None])
    torque = Dynamics(start_inertias("fr3"), np.full((7, 4), 0.05), np.zeros((7, 5))).torque(chain, motion)
    torque += np.random.default_rng(0).normal(0, 0.05, torque.shape)
    return identify_arm(Motion(time, q, dq, ddq, torque), ArmConfig(arm="fr3"))


@pytest.fixture
def file(result, tmp_path):
    path = tmp_path / "robot_params.yaml"
    save_params(path, describe(result, "test.csv"))
    return path


def test_what_is_written_is_what_is_read(result, file):
    read, made = load_params(file), params_of(result)
    assert (read.arm, list(read.links), list(read.joints)) == (made.arm, list(made.links), list(made.joints))
    for name in made.links:
        np.testing.assert_allclose(read.links[name].matrix(), made.links[name].matrix(), atol=1e-9)
        assert read.links[name].com == pytest.approx(made.links[name].com, abs=1e-9)
    for name, joint in made.joints.items():
        assert astuple(read.joints[name]) == pytest.approx(astuple(joint), abs=1e-9)


def test_the_file_says_how_good_and_what_is_open(file):
    data = yaml.safe_load(file.read_text())
    assert len(data["validation"]["tuned"]["held_out"]) == 7
    assert "published" not in data["validation"]  # there is none for the FR3
    assert list(data["torque_sensors"]) == list(ARM_JOINTS)
    assert list(data["torque_sensors"]["arm_joint_1"]) == ["turn_sin", "turn_cos", "leak_x", "leak_y", "leak_z"]
    assert "arm_link_1.mass" in data["identifiability"]["open"]
    assert data["identifiability"]["only_in_sums"]["arm_joint_1.armature"] == ["arm_link_1.Izz"]


def test_applying_changes_the_model_and_only_what_was_identified(result):
    params = params_of(result)
    cell = make_cell("fr3")
    model = params.apply(cell.arm)
    inertias = {link.name: link.inertia for link in model.links}
    assert all(inertias[name] == params.links[name] for name in LINKS)
    assert inertias["arm_link_0"] == cell.arm.links[0].inertia
    assert [servo.frictionloss for servo in model.servos] == [params.joints[j].frictionloss for j in ARM_JOINTS]
    assert [servo.kp for servo in model.servos] == [servo.kp for servo in cell.arm.servos]
    assert params.apply(model) == model  # twice is once


def test_another_arm_is_refused(result):
    with pytest.raises(DexSim2RealError, match="of the arm 'fr3', the model is 'panda'"):
        params_of(result).apply(make_cell("panda").arm)


def change(file, edit):
    data = yaml.safe_load(file.read_text())
    edit(data)
    file.write_text(yaml.safe_dump(data))


def test_bad_files(file, tmp_path):
    with pytest.raises(DexSim2RealError, match="cannot read"):
        load_params(tmp_path / "none.yaml")
    cases = [
        (lambda d: d.update(schema=SCHEMA + 1), "update it"),
        (lambda d: d.update(schema=SCHEMA, links={"arm_link_1": {"mass": 1}}), "not a complete"),
        (lambda d: d.pop("joints"), "not a complete"),
        (lambda d: d.pop("schema"), "no `schema`"),
    ]
    for edit, message in cases:
        change(file, edit)
        with pytest.raises(DexSim2RealError, match=message):
            load_params(file)
    file.write_text("a: [")
    with pytest.raises(DexSim2RealError, match="not YAML"):
        load_params(file)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d["links"]["arm_link_1"].update(mass=-1.0),
        lambda d: d["links"]["arm_link_1"].update(com=[0.0, 0.0]),
        lambda d: d["joints"]["arm_joint_1"].update(damping=-0.1),
        lambda d: d["joints"]["arm_joint_1"].update(damping=float("nan")),
    ],
)
def test_impossible_values_are_refused(file, edit):
    change(file, edit)
    with pytest.raises(DexSim2RealError, match="not a complete"):
        load_params(file)


def test_an_unknown_link_is_refused(file):
    change(file, lambda d: d["links"].update(arm_link_9=d["links"]["arm_link_1"]))
    with pytest.raises(UnknownNameError, match="arm_link_9"):
        load_params(file).apply(make_cell("fr3").arm)


def test_a_folder_that_cannot_be_written(result, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        save_params(tmp_path / "file" / "a.yaml", describe(result, ""))
