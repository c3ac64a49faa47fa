"""Commands and states for ros2_control's controllers, and the description and settings that they load."""

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, JOINTS, VENDOR_JOINTS, UnknownNameError, make_cell
from dexsim2real_description.urdf import cell_urdf
from dexsim2real_hw.driver import limits_of
from dexsim2real_hw.errors import CommandError
from dexsim2real_hw.ros2_control import (
    BRAKING,
    StateMerger,
    control_description,
    joint_names,
    renamed_joints,
    with_stop,
)

PACKAGE = Path(__file__).parents[2] / "src" / "dexsim2real_hw"
XACRO = PACKAGE / "urdf" / "cell_control.urdf.xacro"
CELL = make_cell("fr3", "v4")
URDF = cell_urdf(CELL)
MAKER = VENDOR_JOINTS["allegro_hand_ros2"]
ARM_LIMITS = limits_of(CELL.limits, slice(0, 7))


def description(hardware, **options):
    pytest.importorskip("xacro")
    return ElementTree.fromstring(control_description(URDF, XACRO, hardware, **options))


def settings_of(hardware):
    name = "real" if hardware == "real" else "twin"
    return yaml.safe_load((PACKAGE / "config" / f"controllers_{name}.yaml").read_text())


def test_a_resting_command_is_one_knot():
    (knot,) = with_stop(np.full(7, 0.1), np.zeros(7), ARM_LIMITS, 0.01)
    assert (knot.time, knot.position.tolist()) == (0.01, [0.1] * 7)
    (slow,) = with_stop(np.full(7, 0.1), np.full(7, 0.007), ARM_LIMITS, 0.01)
    assert not slow.velocity.any()  # the controller refuses a trajectory that does not end at rest


def test_a_moving_command_ends_at_rest_by_hand():
    velocity = np.array([1.0, -0.5, 0, 0, 0, 0, 0])
    first, last = with_stop(np.zeros(7), velocity, ARM_LIMITS, 0.01)
    # FR3: 10 rad/s^2, 80 % of it stops 1 rad/s in 0.125 s and 0.0625 rad; the slower joint takes as long.
    assert last.time == pytest.approx(0.01 + 0.125)
    assert last.position[:2] == pytest.approx([0.0625, -0.03125])
    assert not last.velocity.any()
    assert first.velocity is velocity


@given(
    arrays(np.float64, 7, elements=st.floats(0, 1)),
    arrays(np.float64, 7, elements=st.floats(-1, 1)),
)
def test_the_controllers_cubic_brakes_at_constant_deceleration_within_limits(share, speed):
    limits = ARM_LIMITS
    position = limits.lower + share * (limits.upper - limits.lower)
    knots = with_stop(position, speed * limits.velocity, limits, 0.01)
    last = knots[-1]
    assert (last.position >= limits.lower).all()
    assert (last.position <= limits.upper).all()
    if len(knots) == 2 and np.allclose(last.position, position + knots[0].velocity * (last.time - 0.01) / 2):
        duration = last.time - knots[0].time
        # Cubic through both knots: its acceleration is linear between a0 = 6 d/T^2 - 4 v/T and a1 = 2 v/T - 6 d/T^2.
        d, v = last.position - position, knots[0].velocity
        at_start, at_end = 6 * d / duration**2 - 4 * v / duration, 2 * v / duration - 6 * d / duration**2
        for acceleration in (at_start, at_end):
            assert (np.abs(acceleration) <= BRAKING * limits.acceleration * (1 + 1e-6) + 1e-6).all()


def test_states_come_out_in_our_order_whatever_came_in():
    names = [*reversed(MAKER), "some_gripper", *ARM_JOINTS]
    numbers = np.arange(len(names), dtype=float)
    merged = StateMerger("real").merge(names, numbers, -numbers)
    assert merged[0, JOINTS.index("thumb_joint_3")] == 0.0
    assert merged[0, JOINTS.index("index_joint_0")] == 15.0
    assert merged[1, 0] == -17.0


def test_states_that_are_missing_or_not_finite_are_refused():
    merger = StateMerger("twin")
    with pytest.raises(CommandError, match="without ring_joint_2"):
        merger.merge([n for n in JOINTS if n != "ring_joint_2"], [0.0] * 22)
    with pytest.raises(CommandError, match="arm_joint_3"):
        merger.merge(JOINTS, [0.0, 0.0, float("nan"), *[0.0] * 20])
    with pytest.raises(CommandError, match="23 names"):
        merger.merge(JOINTS, [0.0] * 23, [])


def test_names_by_hardware():
    assert joint_names("real") == (ARM_JOINTS, MAKER)
    assert joint_names("twin") == (ARM_JOINTS, HAND_JOINTS)
    with pytest.raises(UnknownNameError, match="mock"):
        joint_names("reel")


def test_renaming_touches_joints_only():
    renamed = renamed_joints(URDF, {"thumb_joint_0": "ah_joint00"})
    joints = [joint.get("name") for joint in ElementTree.fromstring(renamed).iter("joint")]
    assert "ah_joint00" in joints
    assert "thumb_joint_0" not in joints
    assert renamed.count("thumb_link_0") == URDF.count("thumb_link_0")
    with pytest.raises(UnknownNameError):
        renamed_joints(URDF, {"thumb": "x"})


@pytest.mark.parametrize("hardware", ["real", "twin", "mock"])
def test_every_controlled_joint_is_a_joint_of_the_description(hardware):
    robot = description(hardware)
    hinges = {joint.get("name") for joint in robot.findall("joint") if joint.get("type") == "revolute"}
    controlled = [joint.get("name") for joint in robot.findall("ros2_control/joint")]
    arm, hand = joint_names(hardware)
    assert controlled == [*arm, *hand]
    assert set(controlled) == hinges


def plugin(system):
    return system.findtext("hardware/plugin")


def parameters(system):
    return {p.get("name"): p.text for p in system.findall("hardware/param")}


def interfaces(joint, kind):
    return {interface.get("name") for interface in joint.findall(f"{kind}_interface")}


def test_real_hardware_is_what_both_makers_plugins_demand():
    arm, hand = description("real", robot_ip="172.16.0.2", can="can1").findall("ros2_control")
    assert plugin(arm) == "franka_hardware/FrankaHardwareInterface"
    assert parameters(arm) == {"version": "1.1.0", "robot_type": "fr3", "robot_ip": "172.16.0.2"}
    assert all("effort" in interfaces(joint, "command") for joint in arm.findall("joint"))
    assert plugin(hand) == "allegro_hand_v4_hardware/AllegroHandV4HardwareInterface"
    values = parameters(hand)
    assert (values["io_interface_descriptor"], values["hand_id"], values["device_prefix"]) == ("can:can1", "0", "ah_")
    for joint in hand.findall("joint"):
        assert interfaces(joint, "command") == {"position", "effort"}
        assert interfaces(joint, "state") == {"position", "velocity", "effort", "temperature"}
    assert 1000 % int(hand.get("rw_rate")) == 0


def test_the_makers_driver_gets_the_gains_and_a_start_inside_the_limits():
    _, hand = description("real").findall("ros2_control")
    values = parameters(hand)
    for name, servo, joint in zip(MAKER, CELL.hand.servos, hand.findall("joint"), strict=True):
        base = name.removeprefix("ah_")
        assert float(values[f"p_{base}"]) == pytest.approx(servo.kp)
        assert float(values[f"d_{base}"]) == pytest.approx(servo.kd)
        assert joint.get("name") == name
    starts = [float(joint.findtext("state_interface[@name='position']/param")) for joint in hand.findall("joint")]
    assert (starts >= CELL.limits.lower[7:]).all()
    assert (starts <= CELL.limits.upper[7:]).all()


def test_the_twin_is_one_system_that_always_sends():
    (twin,) = description("twin").findall("ros2_control")
    assert plugin(twin) == "joint_state_topic_hardware_interface/JointStateTopicSystem"
    assert parameters(twin) == {
        "joint_commands_topic": "/twin/joint_target",
        "joint_states_topic": "/twin/joint_states",
        "trigger_joint_command_threshold": "-1",
    }
    (mock,) = description("mock").findall("ros2_control")
    assert plugin(mock) == "mock_components/GenericSystem"


def test_an_unknown_kind_of_hardware_is_refused():
    with pytest.raises(UnknownNameError, match="mock, real, twin"):
        control_description(URDF, XACRO, "reel")


@pytest.mark.parametrize("hardware", ["real", "twin"])
def test_controllers_command_the_joints_and_interfaces_that_the_hardware_offers(hardware):
    robot = description(hardware)
    offered = {joint.get("name"): joint for joint in robot.findall("ros2_control/joint")}
    settings = settings_of(hardware)
    for name, joints in zip(("arm_controller", "hand_controller"), joint_names(hardware), strict=True):
        controller = settings[name]["ros__parameters"]
        assert tuple(controller["joints"]) == joints
        for joint in joints:
            assert set(controller["command_interfaces"]) <= interfaces(offered[joint], "command")
            assert set(controller["state_interfaces"]) <= interfaces(offered[joint], "state")
        assert name in settings["controller_manager"]["ros__parameters"]


def test_inactive_components_are_those_of_the_description():
    inactive = settings_of("real")["controller_manager"]["ros__parameters"]["hardware_components_initial_state"][
        "inactive"
    ]
    assert set(inactive) == {system.get("name") for system in description("real").findall("ros2_control")}


JTC = {  # joint_trajectory_controller_parameters.yaml of ros2_controllers
    "joints", "command_interfaces", "state_interfaces", "interpolate_from_desired_state", "cmd_timeout", "gains",
    "allow_nonzero_velocity_at_trajectory_end", "allow_partial_joints_goal", "constraints",
    "set_last_command_interface_value_as_state_on_activation",
}  # fmt: skip


@pytest.mark.parametrize("hardware", ["real", "twin"])
def test_known_traps_of_the_trajectory_controller_are_closed(hardware):
    settings = settings_of(hardware)
    for name in ("arm_controller", "hand_controller"):
        controller = settings[name]["ros__parameters"]
        assert set(controller) <= JTC
        assert controller["interpolate_from_desired_state"] is True
        assert controller["allow_nonzero_velocity_at_trajectory_end"] is False  # with_stop ends every command at rest
        assert controller["cmd_timeout"] > controller["constraints"]["goal_time"]  # else the timeout is ignored
        limits = CELL.limits.acceleration[:7] if name == "arm_controller" else CELL.limits.acceleration[7:]
        for joint, limit in zip(controller["joints"], limits, strict=True):
            assert 0 < controller["constraints"][joint]["max_deceleration_on_cancel"] <= limit


def test_the_fr3_is_driven_by_effort_within_its_torques():
    controller = settings_of("real")["arm_controller"]["ros__parameters"]
    assert controller["command_interfaces"] == ["effort"]
    for joint, limit in zip(ARM_JOINTS, CELL.limits.effort, strict=False):
        gains = controller["gains"][joint]
        assert (gains["u_clamp_max"], gains["u_clamp_min"]) == (limit, -limit)
        assert gains["p"] > 0
        assert gains["d"] > 0


def test_topics_of_broadcaster_and_bridge_agree():
    for hardware in ("real", "twin"):
        assert settings_of(hardware)["joint_state_broadcaster"]["ros__parameters"]["use_local_topics"] is True
    bridge = (PACKAGE / "dexsim2real_hw" / "ros2_control_bridge_node.py").read_text()
    xacro = (PACKAGE / "urdf" / "cell.ros2_control.xacro").read_text()
    assert '"/joint_state_broadcaster/joint_states"' in bridge
    (target,) = re.findall(r"joint_commands_topic\">(\S+)</param>", xacro)
    assert f'"{target}"' in bridge
