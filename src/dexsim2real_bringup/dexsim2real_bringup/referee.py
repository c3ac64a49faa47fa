"""Who sets a trial up and says what came of it: the simulator, or a person beside the robot."""

from __future__ import annotations

from math import inf
from typing import Protocol

from sensor_msgs.msg import JointState
from std_msgs.msg import String

from dexsim2real_bringup.person import Person
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_bringup.trial_rules import REST, REST_PATIENCE, STARTS, VERDICTS
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import qos_without_deadline
from dexsim2real_sim.live_scene import Scene

SCENES, JOINTS = "/simulator/scene", "/joint_states"
PATIENCE = 60.0
"""For the simulator to do what it is asked [s]."""


class Referee(Protocol):
    """Why a trial is over is a text: empty after a success, else the reason of the failure."""

    name: str
    """As the judge in /trial/event."""

    @property
    def ready(self) -> bool:
        """Whether the robot has been heard of."""

    @property
    def now(self) -> float:
        """Time on the clock of the trials [s]."""

    def set_up(self, trial: str) -> None:
        """See to it that the trial can begin."""

    def over(self) -> str | None:
        """Why the trial is over; None while it goes on."""

    def judge(self, why: str) -> str:
        """The last word on a trial that the gate did not stop, now that the robot rests."""


class SimulatorReferee:
    """The simulator starts the task anew and knows when it is done."""

    name = "simulator"

    def __init__(self, session: RosSession) -> None:
        self._session = session
        self._scene: Scene | None = None
        self._speed = inf
        session.node.create_subscription(String, SCENES, self._take, qos_without_deadline(SCENES))
        session.node.create_subscription(JointState, JOINTS, self._take_joints, qos_without_deadline(JOINTS))

    @property
    def ready(self) -> bool:
        """A scene has come."""
        return self._scene is not None

    @property
    def now(self) -> float:
        """The newest scene's time [s]."""
        return self._scene.stamp_ns * 1e-9 if self._scene is not None else 0.0

    def set_up(self, trial: str) -> None:
        """Raises DexSim2RealError if the simulator does not begin anew, or the robot does not come to rest."""
        for left in reversed(range(STARTS)):
            self._start_anew()
            try:
                self._session.until(lambda: self._speed < REST, REST_PATIENCE, "rest of the robot")
            except DexSim2RealError:
                if not left:
                    raise
            else:
                return

    def _start_anew(self) -> None:
        starts = self._starts
        self._session.call("/simulator/reset", PATIENCE)
        self._session.until(lambda: self._starts > starts, PATIENCE, "new start of the task")
        self._speed = inf

    def over(self) -> str | None:
        """By the newest scene."""
        return None if self._scene is None else VERDICTS.get(self._scene.verdict)

    def judge(self, why: str) -> str:
        """What it was when the trial ended."""
        return why

    @property
    def _starts(self) -> int:
        return self._scene.starts if self._scene is not None else 0

    def _take(self, message: String) -> None:
        self._scene = Scene.parse(message.data)

    def _take_joints(self, message: JointState) -> None:
        self._speed = max(map(abs, message.velocity), default=inf)


class PersonReferee:
    """A person puts the object where it belongs, ends the trial with Enter, and says whether it was a success."""

    name = "person"

    def __init__(self, session: RosSession, person: Person, instruction: str) -> None:
        """`instruction` is the task in words."""
        self._session, self._person, self._instruction = session, person, instruction
        self._heard = False
        session.node.create_subscription(JointState, JOINTS, self._take, qos_without_deadline(JOINTS))

    @property
    def ready(self) -> bool:
        """The robot has published where its joints are."""
        return self._heard

    @property
    def now(self) -> float:
        """The system's clock [s]."""
        return float(self._session.node.get_clock().now().nanoseconds) * 1e-9

    def set_up(self, trial: str) -> None:
        """Waits for Enter, however long it takes."""
        self.ask(f"Trial {trial}: {self._instruction} Put everything in place and step back. Enter lets the policy go.")
        self._person.say("Enter ends the trial.")

    def over(self) -> str | None:
        """When the person has pressed Enter."""
        return None if self._person.line() is None else "ended by hand"

    def judge(self, why: str) -> str:
        """Asks; where nobody answers, the trial is a failure."""
        answer = self.ask(f"The trial is over ({why}). Was it a success? s for success, anything else for failure.")
        return "" if answer == "s" else why

    def ask(self, what: str) -> str:
        """What the person answers; empty if nobody is there."""
        self._person.forget()
        self._person.say(what)
        answers: list[str] = []

        def answered() -> bool:
            line = self._person.line()
            if line is not None:
                answers.append(line)
            return bool(answers) or self._person.gone

        self._session.until(answered, inf, "answer")
        return answers[0] if answers else ""

    def _take(self, message: JointState) -> None:
        self._heard = True
