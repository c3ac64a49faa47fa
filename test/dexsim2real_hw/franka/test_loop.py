"""The arm's loop against the stand-in robot, in simulated time."""

import numpy as np
import pytest

from dexsim2real_hw.driver import Mode
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.franka import loop as loop_module
from dexsim2real_hw.franka import standin
from dexsim2real_hw.franka.bounds import DT
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.loop import ArmLoop, configure, connect
from dexsim2real_hw.link import Target

CONFIG = FrankaConfig(robot_ip="standin")


class Script:
    """A DeviceEnd whose driver is a function of the cycle number, called once per cycle."""

    def __init__(self, act):
        self.act, self.cycle = act, 0
        self.target, self.stop, self.recover = None, False, False
        self.states, self.messages, self.counters = [], [], {}

    def poll(self):
        self.cycle += 1
        self.act(self)

    def publish(self, state):
        self.states.append(state)

    def report(self, message, counters):
        self.messages.append(message)
        self.counters = dict(counters)


class Rig:
    def __init__(self, act, **robot):
        self.robot = standin.Robot(paced=False, **robot)
        self.home = self.robot.q_d.copy()
        self.end = Script(lambda end: act(self, end))
        self.controls = []
        start = self.robot.start_joint_position_control
        self.robot.start_joint_position_control = lambda mode: self.controls.append(start(mode)) or self.controls[-1]

    @property
    def now(self):
        return self.robot.cycle * DT

    def go(self, offset, velocity=0.0):
        self.end.target = Target(self.now, self.home + offset, np.full(7, velocity))

    def run(self):
        ArmLoop(standin, self.robot, self.end, CONFIG, clock=lambda: self.now).run()
        return self.end


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(loop_module, "_FAULT_PERIOD", 0.0)


def test_without_commands_it_holds_the_robots_own_pose():
    def act(rig, end):
        end.stop = end.cycle > 50

    rig = Rig(act)
    end = rig.run()
    assert len(rig.controls[0].commands) > 50
    assert np.abs(np.array(rig.controls[0].commands) - rig.home).max() < 1e-6
    assert np.ptp(np.array(rig.controls[0].commands), axis=0).max() == 0
    assert {state.mode for state in end.states} == {Mode.HOLDING}
    assert rig.robot.mode is standin.RobotMode.Idle  # the motion was finished, not dropped


def test_it_follows_a_stream_and_stops_at_rest_when_asked():
    def act(rig, end):
        if end.cycle % 8 == 1:
            t = rig.now
            rig.go(0.3 * (1 - np.cos(t)), 0.3 * np.sin(t))
        end.stop = end.cycle > 2000

    rig = Rig(act)
    end = rig.run()
    t = 2000 * DT
    assert end.states[-1].sent == pytest.approx(rig.home + 0.3 * (1 - np.cos(t)), abs=0.03)
    assert Mode.TRACKING in {state.mode for state in end.states}
    last = np.array(rig.controls[0].commands[-3:])
    assert np.ptp(last, axis=0).max() < 1e-9
    assert end.counters.get("bounded steps", 0) == 0


def test_a_stale_command_makes_it_slow_down_and_hold():
    def act(rig, end):
        if end.cycle < 500 and end.cycle % 8 == 1:
            rig.go(0.5 * rig.now, 0.5)  # then silence
        end.stop = end.cycle > 1200

    rig = Rig(act)
    end = rig.run()
    assert end.counters["stale commands"] == 1
    assert "no command for 100 ms" in end.messages[-1]
    at_rest = next(i for i, s in enumerate(end.states) if s.mode is Mode.HOLDING and i > 125)
    # The last command came at 0.497 s; 0.1 s later it brakes from 0.5 rad/s at 9.5 rad/s^2: 53 ms.
    late = end.states[at_rest + 20]
    assert late.sent == pytest.approx(end.states[-1].sent, abs=1e-9)
    assert end.states[-1].sent[0] - rig.home[0] < 0.25 + 0.5 * 0.02 + 0.5**2 / 2 / 9.5 + 0.01


def test_a_command_far_from_the_arm_starts_nothing():
    def act(rig, end):
        rig.go(0.5)
        end.stop = end.cycle > 300

    rig = Rig(act)
    end = rig.run()
    assert len(rig.controls[0].commands) > 300
    assert np.ptp(np.array(rig.controls[0].commands), axis=0).max() == 0
    assert "0.50 rad away" in end.messages[-1]


def test_lost_packets_are_counted_and_survived():
    def act(rig, end):
        rig.go(0.09)
        if end.cycle in (40, 200):
            rig.robot.lose_next = 4
        end.stop = end.cycle > 400

    end = Rig(act).run()
    assert end.counters["lost packets"] == 8


def test_a_late_command_that_the_robot_bridged_by_itself_is_noticed():
    def act(rig, end):
        rig.go(0.09)
        if end.cycle == 2:  # while the acceleration grows: later, the robot would guess right
            rig.robot.late_next = 1
        end.stop = end.cycle > 400

    end = Rig(act).run()
    assert end.counters["lost packets"] == 1


def test_after_a_reflex_it_waits_for_a_person_then_holds_where_it_is():
    def act(rig, end):
        if end.cycle < 300:
            rig.go(min(0.09, 0.3 * rig.now))
        if end.cycle == 200:
            rig.robot.abort("cartesian_reflex")
        if end.cycle == 400:
            end.recover = True
        end.stop = end.cycle > 900

    rig = Rig(act)
    end = rig.run()
    faults = [state for state in end.states if state.mode is Mode.FAULT]
    assert faults
    assert any("cartesian_reflex" in message and "recover" in message for message in end.messages)
    assert len(rig.controls) == 2
    assert np.ptp(np.array(rig.controls[1].commands), axis=0).max() == 0  # old targets are forgotten
    assert end.states[-1].mode is Mode.HOLDING


def test_a_pressed_user_stop_refuses_recovery_until_released():
    def act(rig, end):
        if end.cycle == 50:
            rig.robot.abort("user stop pressed", standin.RobotMode.UserStopped)
        if end.cycle == 100:
            end.recover = True
        if end.cycle == 150:
            rig.robot.mode = standin.RobotMode.Reflex  # released
        if end.cycle == 200:
            end.recover = True
        end.stop = end.cycle > 400

    rig = Rig(act)
    end = rig.run()
    assert "the user stop is pressed: release it, then recover" in end.messages
    assert len(rig.controls) == 2


def test_twenty_late_packets_stop_the_robot_and_say_why():
    def act(rig, end):
        if end.cycle == 50:
            rig.robot.lose_next = 20
        end.stop = end.cycle > 100

    end = Rig(act).run()
    assert any("real-time kernel" in message for message in end.messages)


def test_a_lost_connection_ends_the_loop():
    def act(rig, end):
        if end.cycle == 30:

            def gone():
                raise standin.NetworkException("libfranka: UDP receive: Timeout")

            rig.controls[0].readOnce = gone

    with pytest.raises(HardwareError, match="UDP receive: Timeout"):
        Rig(act).run()


def test_configuration_reaches_the_robot_before_it_moves():
    robot = standin.Robot(paced=False)
    configure(robot, CONFIG)
    assert robot.settings["collision_behavior"][1] == [40.0] * 7
    assert robot.settings["joint_impedance"] == ([3000.0, 3000.0, 3000.0, 2500.0, 2500.0, 2000.0, 2000.0],)
    assert robot.settings["load"][0] == pytest.approx(CONFIG.load.mass)
    robot.start_joint_position_control(standin.ControllerMode.JointImpedance)
    with pytest.raises(standin.InvalidOperationException):
        configure(robot, CONFIG)


@pytest.mark.parametrize(
    ("address", "advice"), [("127.0.0.1", "activate FCI in Desk"), ("no-such-robot.invalid", "robot_ip")]
)
def test_the_real_library_cannot_connect_and_the_error_says_what_to_do(address, advice):
    pytest.importorskip("pylibfranka")
    with pytest.raises(HardwareError, match=advice):
        connect(FrankaConfig(robot_ip=address, realtime=False))


def test_the_stand_in_offers_what_the_loop_uses_of_the_real_library():
    real = pytest.importorskip("pylibfranka")
    for name in ("ControlException", "CommandException", "NetworkException", "RealtimeException"):
        assert issubclass(getattr(real, name), RuntimeError)
        assert issubclass(getattr(standin, name), RuntimeError)
    for method in ("read_once", "automatic_error_recovery", "start_joint_position_control", "set_load"):
        assert hasattr(real.Robot, method)
        assert hasattr(standin.Robot, method)
    for method in ("readOnce", "writeOnce"):
        assert hasattr(real.ActiveControlBase, method)
        assert hasattr(standin.ActiveControl, method)
    for field in vars(standin.Robot(paced=False).state()):
        assert hasattr(real.RobotState, field)
    assert {mode.name for mode in standin.RobotMode} == set(real.RobotMode.__members__)
    assert real.JointPositions([0.0] * 7).q == standin.JointPositions([0.0] * 7).q
    assert hasattr(real.Duration, "to_sec")
    assert set(real.ControllerMode.__members__) == {mode.name for mode in standin.ControllerMode}
    assert set(real.RealtimeConfig.__members__) == {mode.name for mode in standin.RealtimeConfig}
