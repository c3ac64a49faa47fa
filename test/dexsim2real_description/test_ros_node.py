import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")

from dexsim2real_description.ros_node import QOS, qos_without_deadline

NODE = """
import sys
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import GraphNode, run_node

class Probe(GraphNode):
    def __init__(self):
        super().__init__("probe")
        self.create_timer(0.01, self.first, clock=self.steady)
    def first(self):
        print("spinning", flush=True)
        {body}
    def at_exit(self):
        print("last word", flush=True)

def refuse_message():
    from rclpy.impl.implementation_singleton import rclpy_implementation
    raise rclpy_implementation.RCLError("cannot publish data")

def refuse():
    raise DexSim2RealError("no such arm\\nuse panda")

sys.exit(run_node({make}))
"""


def start(body="pass", make="Probe", arguments=()):
    environment = {**os.environ, "ROS_DOMAIN_ID": "97", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    code = NODE.format(body=body, make=make)
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_node_with_its_last_word(number):
    process = start()
    assert process.stdout.readline() == "spinning\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "last word"
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [None, signal.SIGTERM])
def test_a_node_that_hangs_with_the_interpreters_lock_is_ended(number):
    """As in a middleware that waits for a lock of a peer that was killed: no handler and no thread of Python runs."""
    armed = "import ctypes, signal; assert signal.alarm(1) > 0"  # that the loop had asked for more; no need to wait
    lock = "take, lock = ctypes.PyDLL(None).pthread_mutex_lock, ctypes.create_string_buffer(64); take(lock); take(lock)"
    process = start(f"{armed}; {lock}")
    assert process.stdout.readline() == "spinning\n"
    if number is not None:
        process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGALRM


def test_a_user_error_is_one_line_and_status_2():
    process = start(make="refuse")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err == "error: no such arm use panda\n"


def test_arguments_that_ros_cannot_read_are_a_user_error():
    process = start(arguments=("--ros-args", "-p", "corner:=[0.1, 2]"))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "corner:=[0.1, 2]" in err
    assert "Traceback" not in err


def test_a_message_that_the_middleware_does_not_take_ends_no_node():
    process = start(body="refuse_message()")
    assert [process.stdout.readline() for _ in range(3)] == ["spinning\n"] * 3  # it goes on
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "cannot publish data" in err and "Traceback" not in err


def test_a_crash_still_has_its_last_word():
    process = start(body="raise ValueError('broken callback')")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "last word" in out
    assert "broken callback" in err


DEFAULTS = "{'rate': 30.0, 'serial': '', 'sensors': ['1']}"


def taken(*arguments):
    process = start(f"print(self.take_parameters({DEFAULTS}), flush=True); raise SystemExit", arguments=arguments)
    out, err = process.communicate(timeout=120)
    return out.splitlines()[1], err


def test_parameters_are_taken_with_their_types():
    assert taken()[0] == "{'rate': 30.0, 'serial': '', 'sensors': ['1']}"
    given = taken("--ros-args", "-p", "rate:=15", "-p", "serial:='047'", "-p", "sensors:=['3', '4']")
    assert given[0] == "{'rate': 15.0, 'serial': '047', 'sensors': ['3', '4']}"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("serial:=123", "error: parameter 'serial' of node 'probe' is 123, expected a value like '' (put text"),
        ("rate:=fast", "error: parameter 'rate' of node 'probe' is 'fast', expected a value like 30.0"),
        (
            "rat:=15.0",
            "error: unknown parameter of node 'probe' 'rat'. Did you mean 'rate'? Valid: rate, sensors, serial",
        ),
    ],
)
def test_parameters_of_another_type_or_name_are_refused(argument, message):
    process = start(f"self.take_parameters({DEFAULTS})", arguments=("--ros-args", "-p", argument))
    _, err = process.communicate(timeout=120)
    assert message in err
    assert process.returncode == 2


def test_topics_that_must_not_fall_silent_offer_a_deadline():
    with_deadline = {topic for topic, qos in QOS.items() if qos.deadline.nanoseconds > 0}
    assert with_deadline == {"/joint_states", "/policy/action_chunk", "/safety_gate/joint_command"}


def test_a_listener_may_ask_for_no_deadline():
    assert qos_without_deadline("/joint_states").deadline.nanoseconds == 0
    assert qos_without_deadline("/trial/event").durability == QOS["/trial/event"].durability
