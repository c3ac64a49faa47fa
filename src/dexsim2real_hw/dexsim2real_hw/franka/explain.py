"""libfranka's errors in words that say what to do."""

from __future__ import annotations

_ADVICE: tuple[tuple[str, str], ...] = (
    (
        "incompatible library version",
        "this pylibfranka talks to an FR3 with system image 5.9.0 or later; update the robot, or install the "
        "pylibfranka that fits it. A Panda (FER) needs libfranka 0.9: use panda-python, or ROS 2 with multipanda_ros2",
    ),
    ("connection to fci refused", "unlock the joints and activate FCI in Desk; does another program hold the arm?"),
    ("host not found", "check the robot_ip parameter and the cable to the controller's LAN port (not the arm's base)"),
    ("dns error", "check the robot_ip parameter; a name needs a name server, so give the controller's address"),
    ("connection timeout", "check the robot_ip parameter, the cable to the controller's LAN port, and the power"),
    ("realtime", "run a PREEMPT_RT kernel with rtprio rights (docs/hardware.md), or set realtime to false for tests"),
    ("user stop", "release the user stop, then recover"),
    ("communication_constraints_violation", "packets came late: direct cable, real-time kernel, performance governor"),
    ("reflex", "look at the arm, clear what it touched, then recover and reset the gate"),
    ("discontinuity", "a bug of this driver or lost packets: report it with the log, then recover"),
    ("limits_violation", "move the arm back inside its limits by hand (guiding), then recover"),
    ("not possible in the current mode", "the arm must be in execution mode: unlocked, FCI active, no user stop"),
)


def explain(error: BaseException) -> str:
    """The error and, where its cause is known, what to do."""
    text = str(error).removeprefix("libfranka: ").strip()
    advice = next((advice for key, advice in _ADVICE if key in text.lower()), "")
    return f"{text} ({advice})" if advice else text
