"""An FR3 that is not there, for the real libfranka: the robot's side of the wire, TCP commands and UDP packets.

`python -m dexsim2real_hw.franka.fci_standin` serves one client after another on 127.0.0.1; point `robot_ip` there,
with `realtime` false. Layouts follow libfranka-common, interface version 10. Only what the driver uses is there.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
from collections.abc import Iterator

import numpy as np

from dexsim2real_hw.franka.bounds import fr3_limits
from dexsim2real_hw.franka.standin import LOST_LIMIT, START_POSE, Robot, RobotMode

VERSION, PORT = 10, 1337
_HEADER = struct.Struct("<III")  # command, id, size with header
_CONNECT, _MOVE, _STOP_MOVE, _RECOVER, _MODEL = 0, 1, 2, 10, 11
_SETTERS = {3: "collision_behavior", 4: "joint_impedance", 9: "load"}
_SUCCESS, _MOTION_STARTED, _REJECTED, _REFLEX_ABORTED, _EMERGENCY_ABORTED = 0, 1, 5, 8, 9
_JOINT_POSITION, _IDLE_GENERATOR, _JOINT_IMPEDANCE, _OTHER_CONTROLLER = 1, 0, 0, 3

_ERRORS: dict[str, int] = {
    "joint_reflex": 6,
    "cartesian_reflex": 7,
    "joint_position_motion_generator_start_pose_invalid": 11,
    "joint_motion_generator_position_limits_violation": 12,
    "joint_motion_generator_velocity_limits_violation": 13,
    "joint_motion_generator_velocity_discontinuity": 14,
    "joint_motion_generator_acceleration_discontinuity": 15,
    "communication_constraints_violation": 25,
}
"""Position of each error in a packet's 41 flags (research_interface/robot/error.h)."""
_BEFORE_JOINTS = 6 * 16 + 2 * (1 + 9 + 3) + 4
"""Floats of a packet before tau_J: six frames, two bodies, two elbows."""
_AFTER_JOINTS = 7 + 6 + 7 + 6 + 7 + 6 + 6 + 6 + 3 + 6 + 16 + 6 + 6 + 14 + 36
"""Floats after ddq_d: contacts, forces, Cartesian commands, motor positions, accelerometers."""
_COMMAND = struct.Struct("<Q7d7d16d6d2d??7d?")


def packet(robot: Robot, moving: bool) -> bytes:
    """A state packet."""
    floats = np.zeros(_BEFORE_JOINTS + 8 * 7 + _AFTER_JOINTS, np.float32)
    state = robot.state()
    joints = [state.tau_J, [0.0] * 7, [0.0] * 7, state.q, state.q_d, state.dq, state.dq_d, state.ddq_d]
    floats[_BEFORE_JOINTS : _BEFORE_JOINTS + 56] = np.concatenate(joints)
    errors = bytearray(41)
    if robot.error in _ERRORS:
        errors[_ERRORS[robot.error]] = 1
    generator = _JOINT_POSITION if moving else _IDLE_GENERATOR
    controller = _JOINT_IMPEDANCE if moving else _OTHER_CONTROLLER
    tail = struct.pack("<BB41s41sBf", generator, controller, bytes(41), bytes(errors), robot.mode.value, 1.0)
    return struct.pack("<Q", robot.cycle) + floats.tobytes() + tail


def robot_model() -> str:
    """The smallest URDF from which libfranka reads its velocity limits."""
    limits = fr3_limits()
    envelope = limits.envelope
    assert envelope is not None  # noqa: S101  (the FR3 has one)
    joints = "".join(
        f'<joint name="fr3_joint{i + 1}"><limit lower="{envelope.lower[i]}" upper="{envelope.upper[i]}" '
        f'velocity="{limits.velocity[i]}"/><position_based_velocity_limits '
        f'deceleration_limit="{envelope.slope[i] / 2}" velocity_offset="{-envelope.offset[i]}"/></joint>'
        for i in range(7)
    )
    return f'<robot name="fr3">{joints}</robot>'


class Session:
    """One client, from Connect until it hangs up."""

    def __init__(self, robot: Robot, client: socket.socket, version: int) -> None:
        self._robot = robot
        self._tcp = client
        self._version = version
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((client.getsockname()[0], 0))
        self._state_port: tuple[str, int] | None = None
        self._move: int | None = None
        self._commanded = False
        self._missed = 0

    def run(self) -> None:
        """Serve until the client is gone."""
        with self._tcp, self._udp:
            while True:
                if self._state_port is not None:
                    self._robot.tick()
                    self._udp.sendto(packet(self._robot, self._move is not None), self._state_port)
                if not self._answer():
                    return
                self._end_move()

    def _answer(self) -> bool:
        """Take what comes until the next packet is due; false when the client has hung up.

        During a motion the next packet waits for the command, so a slow machine loses none; a paced robot waits
        one millisecond.
        """
        in_motion = self._move is not None and self._commanded
        patience = 0.001 if self._robot.paced or not in_motion else 1.0
        ready, _, _ = select.select([self._tcp, self._udp], [], [], patience)
        if self._udp in ready:
            self._missed = 0
            self._take(self._udp.recv(_COMMAND.size + 1))
        elif in_motion and self._tcp not in ready:
            self._missed += 1
            self._robot.extrapolate()
            if self._missed >= LOST_LIMIT:
                self._robot.abort("communication_constraints_violation")
        return self._tcp not in ready or all(self._obey(*request) for request in self._requests())

    def _requests(self) -> Iterator[tuple[int, int, bytes]]:
        header = self._tcp.recv(_HEADER.size, socket.MSG_WAITALL)
        if len(header) < _HEADER.size:
            yield -1, 0, b""
            return
        command, number, size = _HEADER.unpack(header)
        rest = size - _HEADER.size
        yield command, number, self._tcp.recv(rest, socket.MSG_WAITALL) if rest else b""

    def _obey(self, command: int, number: int, payload: bytes) -> bool:
        robot = self._robot
        if command == -1:
            return False
        if command == _CONNECT:
            version, port = struct.unpack("<HH", payload)
            self._reply(command, number, struct.pack("<BH", version != self._version, self._version))
            if version == self._version:
                self._state_port = (self._tcp.getpeername()[0], port)
        elif command == _MODEL:
            self._reply(command, number, bytes([_SUCCESS]) + robot_model().encode())
        elif command == _MOVE:
            self._start_move(number)
        elif command == _STOP_MOVE:
            self._reply(command, number, bytes([_SUCCESS]))
            robot.mode = RobotMode.Idle if robot.mode is RobotMode.Move else robot.mode
        elif command == _RECOVER:
            robot.automatic_error_recovery()
            self._reply(command, number, bytes([_SUCCESS]))
        else:
            robot.settings[_SETTERS.get(command, str(command))] = struct.unpack(f"<{len(payload) // 8}d", payload)
            self._reply(command, number, bytes([_SUCCESS]))
        return True

    def _start_move(self, number: int) -> None:
        if self._robot.mode is not RobotMode.Idle:
            self._reply(_MOVE, number, bytes([_REJECTED]))
            return
        self._reply(_MOVE, number, bytes([_MOTION_STARTED]))
        self._robot.mode = RobotMode.Move
        self._move, self._commanded, self._missed = number, False, 0

    def _take(self, message: bytes) -> None:
        robot = self._robot
        if robot.mode is not RobotMode.Move or len(message) != _COMMAND.size:
            return
        values = _COMMAND.unpack(message)
        position, finished = np.array(values[1:8]), values[40]
        if not self._commanded and np.abs(position - robot.q_d).max() > START_POSE:
            robot.abort("joint_position_motion_generator_start_pose_invalid")
            return
        self._commanded = True
        broken = robot.follow(position)
        if broken:
            robot.abort(broken)
        elif finished and np.abs(robot.dq_d).max() < 1e-4:
            robot.mode = RobotMode.Idle

    def _end_move(self) -> None:
        """Answer the Move once the robot moves no more, after the packet that shows it."""
        if self._move is None or self._robot.mode is RobotMode.Move:
            return
        aborted = {RobotMode.Reflex: _REFLEX_ABORTED, RobotMode.UserStopped: _EMERGENCY_ABORTED}
        self._reply(_MOVE, self._move, bytes([aborted.get(self._robot.mode, _SUCCESS)]))
        self._move = None

    def _reply(self, command: int, number: int, payload: bytes) -> None:
        self._tcp.sendall(_HEADER.pack(command, number, _HEADER.size + len(payload)) + payload)


def serve(robot: Robot, address: str = "127.0.0.1", version: int = VERSION) -> None:
    """Serve one client after another, for ever."""
    with socket.create_server((address, PORT)) as server:
        sys.stdout.write(f"FR3 stand-in listens on {address}\n")
        sys.stdout.flush()
        while True:
            client, _ = server.accept()
            robot.mode = RobotMode.Idle
            Session(robot, client, version).run()


if __name__ == "__main__":
    serve(Robot())
