"""The 1 kHz loop of an FR3: read, bound, write; stop within limits; wait for a person after a reflex."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dexsim2real_description.optional import require
from dexsim2real_description.scheduling import DEVICE, become_urgent
from dexsim2real_hw.driver import Mode, State
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.franka import standin
from dexsim2real_hw.franka.bounds import DT, Vector, fr3_limits, guard_bounds, planner_bounds
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.explain import explain
from dexsim2real_hw.franka.load import Load
from dexsim2real_hw.franka.tracker import StepGuard, Tracker
from dexsim2real_hw.link import DeviceEnd

ENGAGE = 0.1
"""A command farther from the arm than this does not start a motion: whoever sends it lost track [rad]."""
LOOK_AHEAD = 0.02
"""A target is taken to move on at its velocity for this long at most: two and a half periods of 120 Hz [s]."""
SINGLE_PRECISION = 1e-6
"""Twice the rounding of a packet's numbers near 4.5 rad; a guess of the robot differs by more wherever it matters."""
_PUBLISH_EVERY = 4
_REPORT_EVERY = 100
_FAULT_PERIOD = 0.02
_REST_CYCLES = 5


class ArmLoop:
    """Drives one arm; `api` is pylibfranka or the stand-in."""

    def __init__(
        self,
        api: Any,
        robot: Any,
        end: DeviceEnd,
        config: FrankaConfig,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._robot = robot
        self._end = end
        self._config = config
        self._clock = clock
        limits = fr3_limits()
        self._tracker = Tracker(planner_bounds(limits))
        self._guard = StepGuard(guard_bounds(limits))
        self._mode = Mode.HOLDING
        self._message = "holding"
        self._counters: Counter[str] = Counter()
        self._sent: tuple[list[float], list[float]] = ([], [])
        self._cycle = 0
        self._rest = 0

    def run(self) -> None:
        """Hold, follow, stop; returns at rest. Raises HardwareError when the robot is out of reach."""
        api = self._api
        while not self._end.stop:
            try:
                self._motion()
                return
            except (api.ControlException, api.CommandException, api.InvalidOperationException) as error:
                reason = explain(error)
            except (api.NetworkException, api.RealtimeException, api.FrankaException, RuntimeError) as error:
                raise HardwareError(f"the arm stopped: {explain(error)}") from error
            self._counters["stops"] += 1
            self._wait_for_person(reason)

    def _motion(self) -> None:
        """One motion of the robot, from its present pose until asked to stop."""
        control = self._robot.start_joint_position_control(self._api.ControllerMode.JointImpedance)
        state, _ = control.readOnce()
        self._begin(state)
        control.writeOnce(self._api.JointPositions(list(state.q_d)))  # the robot insists on its own pose first
        state, duration = control.readOnce()
        while True:
            self._catch_up(state, duration)
            began = time.perf_counter()
            self._end.poll()
            command = self._api.JointPositions(self._next_position())
            command.motion_finished = self._rest > _REST_CYCLES
            busy = (time.perf_counter() - began) * 1e6
            self._counters["longest computation us"] = max(self._counters["longest computation us"], int(busy))
            control.writeOnce(command)
            if command.motion_finished:
                self._publish(state)
                self._report(state)
                return
            self._tell(state)
            state, duration = control.readOnce()

    def _begin(self, state: Any) -> None:
        self._resume(state)
        self._sent = (list(state.q_d), list(state.q_d))
        self._end.target = None
        self._rest = 0
        self._mode, self._message = Mode.HOLDING, "holding"

    def _resume(self, state: Any) -> None:
        self._tracker.reset(state.q_d, state.dq_d, state.ddq_d)
        self._guard.reset(state.q_d, state.dq_d, state.ddq_d)

    def _catch_up(self, state: Any, duration: Any) -> None:
        """After lost packets the robot went on by itself: plan from where it is, not from where it was told."""
        lost = round(duration.to_sec() / DT) - 1
        told = any(_largest_difference(state.q_d, sent) < SINGLE_PRECISION for sent in self._sent)
        if lost > 0 or not told:
            self._counters["lost packets"] += max(lost, 1)
            self._resume(state)

    def _next_position(self) -> list[float]:
        wish = self._wish()
        if not self._guard.let_through(wish):
            self._counters["bounded steps"] += 1
            self._tracker.reset(self._guard.position, self._guard.velocity, self._guard.acceleration)
        position = list(self._guard.position)
        self._sent = (position, self._sent[0])
        return position

    def _wish(self) -> list[float]:
        target, now = self._end.target, self._clock()
        if self._end.stop:
            self._rest = self._rest + 1 if self._tracker.at_rest else 0
            return self._tracker.slow_down()
        if target is None or now - target.stamp > self._config.stale_s:
            if self._mode is Mode.TRACKING:
                self._counters["stale commands"] += 1
                self._hold(f"holding: no command for {self._config.stale_s * 1000:.0f} ms")
            return self._tracker.slow_down()
        ahead = min(max(now - target.stamp, 0.0), LOOK_AHEAD)
        position = (target.position + ahead * target.velocity).tolist()
        if self._mode is not Mode.TRACKING:
            far = _largest_difference(position, self._tracker.position)
            if far > ENGAGE:
                self._hold(f"holding: the command is {far:.2f} rad away; it must start at the arm's pose")
                return self._tracker.slow_down()
            self._mode, self._message = Mode.TRACKING, "following commands"
        planned = self._tracker.follow(position, target.velocity.tolist())
        if planned is None:
            self._counters["unplannable targets"] += 1
            return self._tracker.slow_down()
        return planned

    def _hold(self, message: str) -> None:
        self._mode, self._message = Mode.HOLDING, message

    def _tell(self, state: Any) -> None:
        self._cycle += 1
        if self._cycle % _PUBLISH_EVERY == 0:
            self._publish(state)
        if self._cycle % _REPORT_EVERY == 0:
            self._report(state)

    def _publish(self, state: Any) -> None:
        position, velocity, effort, sent = np.array([state.q, state.dq, state.tau_J, self._sent[0]])
        self._end.publish(State(time.monotonic_ns(), position, velocity, effort, sent, self._mode))

    def _report(self, state: Any) -> None:
        rate = float(state.control_command_success_rate)
        self._end.report(self._message, {**self._counters, "command success rate": rate})

    def _wait_for_person(self, reason: str) -> None:
        """Tell why the arm stands still until somebody asks to recover and the robot agrees."""
        self._mode, self._message = Mode.FAULT, reason
        while not self._end.stop:
            state = self._read()
            self._sent = (list(state.q_d), list(state.q_d))
            self._publish(state)
            self._report(state)
            self._end.poll()
            if self._end.recover:
                self._end.recover = False
                refusal = self._recover(state)
                if refusal is None:
                    return
                self._message = refusal
            time.sleep(_FAULT_PERIOD)

    def _read(self) -> Any:
        try:
            return self._robot.read_once()
        except (self._api.FrankaException, RuntimeError) as error:
            raise HardwareError(f"the arm is out of reach: {explain(error)}") from error

    def _recover(self, state: Any) -> str | None:
        """Clear the robot's errors; returns why it could not."""
        if state.robot_mode.name == "UserStopped":
            return "the user stop is pressed: release it, then recover"
        try:
            self._robot.automatic_error_recovery()
        except self._api.NetworkException as error:
            raise HardwareError(f"the arm is out of reach: {explain(error)}") from error
        except (self._api.FrankaException, RuntimeError) as error:
            return f"the arm did not recover: {explain(error)}"
        return None


def _largest_difference(a: Vector, b: Vector) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def configure(robot: Any, config: FrankaConfig) -> None:
    """Collision thresholds, stiffness and load; possible only while the arm does not move."""
    robot.set_collision_behavior(
        list(config.contact_torque),
        list(config.collision_torque),
        list(config.contact_force),
        list(config.collision_force),
    )
    robot.set_joint_impedance(list(config.stiffness))
    if config.load is not None:
        robot.set_load(config.load.mass, list(config.load.com), list(config.load.inertia))


def connect(config: FrankaConfig) -> tuple[Any, Any]:
    """The library and the configured robot. Raises HardwareError that says what to do."""
    api = standin if config.robot_ip == "standin" else require("pylibfranka", "arm", "it needs glibc 2.34 or later")
    realtime = api.RealtimeConfig.kEnforce if config.realtime else api.RealtimeConfig.kIgnore
    try:
        robot = api.Robot(config.robot_ip, realtime)
        configure(robot, config)
    except (api.FrankaException, RuntimeError) as error:  # a wrong version is the former, all others the latter
        raise HardwareError(f"cannot use the arm at {config.robot_ip}: {explain(error)}") from error
    return api, robot


def run(end: DeviceEnd, settings: Mapping[str, Any]) -> None:
    """Drive the arm until `end` says stop. A robot that hears nothing any more stops by itself."""
    load = settings["load"]
    config = FrankaConfig(**{**settings, "load": Load(**load) if load else None})
    if config.realtime and config.robot_ip != "standin":
        become_urgent(DEVICE)
    api, robot = connect(config)
    ArmLoop(api, robot, end, config).run()
