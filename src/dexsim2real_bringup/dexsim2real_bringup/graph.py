"""The live graph as data: which nodes run, under which names, with which parameters. Described here and nowhere else.

The launch files turn it into launch actions, `dexsim2real up` into plain processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from dexsim2real_description import CAMERAS, DexSim2RealError

Value = str | int | float | bool | tuple[str, ...]
Mode = Literal["sim", "real", "replay", "record", "policy"]

GUARDED = ("/policy/action_chunk", "/safety_gate/", "/joint_states")
"""Topics and services that may not be remapped: whoever could would lead commands past the safety gate."""
NO_POLICY = "none"
"""In place of a policy: the graph without one, for `dexsim2real move` or a policy that is started later."""
SENSORS = (
    *(f"/{camera}_camera/color/{kind}" for camera in CAMERAS for kind in ("image_raw", "camera_info")),
    "/touch/points",
    "/joint_states",
)
"""What a replay stands in for: the robot's side of the graph. Commands are made anew, never played back."""


@dataclass(frozen=True)
class NodeSpec:
    """One node, one process."""

    package: str
    executable: str
    """Console script of the package, and its module: `python -m package.executable` runs it."""
    name: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    remappings: Mapping[str, str] = field(default_factory=dict)
    images: bool = False
    """Whether images pass through it: only then is it given shared memory."""
    niceness: int = 0
    """What draws yields to what controls, where processors are scarce."""

    def __post_init__(self) -> None:
        for old, new in self.remappings.items():
            if any(old.startswith(guarded) or new.startswith(guarded) for guarded in GUARDED):
                raise DexSim2RealError(
                    f"node {self.name}: {old} -> {new} would lead commands past the safety gate; "
                    f"topics that start with {', '.join(GUARDED)} cannot be remapped"
                )


@dataclass(frozen=True)
class RobotOptions:
    """Which robot, and where its devices are reached."""

    arm: str = "panda"
    hand: str = "v4"
    plus: bool = False
    """Real robot: the hand is a V5 Plus (type B)."""
    touch: str = "grid15"
    robot_ip: str = ""
    """Real robot: address of the arm's controller."""
    can: str = "can0"
    """Real robot: CAN interface of the hand."""
    xela: str = "ws://127.0.0.1:5000"
    """Real robot: address of the XELA server."""
    front_serial: str = ""
    """Real robot: serial number of the front camera; empty takes the only one."""
    wrist_serial: str = ""
    cameras: bool = True
    """For a policy that looks at nothing, a graph without is lighter."""
    use_twin: bool = False
    """Real robot: put a twin in its place, behind the same topics."""


@dataclass(frozen=True)
class GraphOptions(RobotOptions):
    """What can be chosen about a graph."""

    task: str = "pick_place"
    policy: str = "hold"
    """A policy artifact's folder, the name of a shipped one, or hold; none for a graph without one."""
    twin: str = ""
    """Simulation: a number seeds a twin, anything else is a twin's file; empty is the nominal robot."""
    difficulty: float = 1.0
    seed: int = 0
    bag: str = ""
    """Replay: the recording to play."""
    out: str = ""
    """Record: folder of the new recording."""
    markers: bool = True
    """Publish what the viewers draw."""


def parse_options(texts: Mapping[str, str]) -> GraphOptions:
    """Options from text, as launch arguments give them. Raises DexSim2RealError for a text of the wrong type."""
    values: dict[str, Value] = {}
    for option in fields(GraphOptions):
        text = texts.get(option.name, str(option.default))
        values[option.name] = _parse(option.name, text, type(option.default))
    return GraphOptions(**values)  # type: ignore[arg-type]


def _parse(name: str, text: str, kind: type) -> Value:
    if kind is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
    elif kind is str:
        return text
    else:
        try:
            return kind(text)  # type: ignore[no-any-return]
        except ValueError:
            pass
    raise DexSim2RealError(f"{name} is {text!r}, expected {'true or false' if kind is bool else f'a {kind.__name__}'}")


def graph(mode: Mode, options: GraphOptions) -> tuple[NodeSpec, ...]:
    """The nodes of a graph, in the order they should start."""
    if mode == "record":
        return (_recorder(options),)
    if mode == "policy":
        if options.policy == NO_POLICY:
            raise DexSim2RealError("a graph of nothing but a policy needs one: an artifact's folder, or hold")
        return _policy(options)
    robot = {"sim": _simulated, "real": _real, "replay": _replayed}[mode](options)
    others = (_gate(options), *_policy(options), *_viewers(options))
    return (*robot, *(map(_by_the_recordings_clock, others) if mode == "replay" else others))


def _simulated(options: GraphOptions) -> tuple[NodeSpec, ...]:
    names = ("task", "twin", "difficulty", "seed", "arm", "hand", "touch")
    cell = {name: getattr(options, name) for name in names}
    return (
        NodeSpec("dexsim2real_sim", "simulator_node", "simulator", cell),
        *(
            NodeSpec(
                "dexsim2real_sim",
                "simulated_camera_node",
                f"{camera}_camera",
                {"camera": camera, **cell},
                images=True,
                niceness=5,
            )
            for camera in _cameras(options)
        ),
    )


def _real(options: GraphOptions) -> tuple[NodeSpec, ...]:
    if options.use_twin:
        return _simulated(replace(options, twin=options.twin or "0"))
    if not options.robot_ip:
        raise DexSim2RealError("the real robot needs robot_ip, the address of the arm's controller")
    names = ("arm", "hand", "plus", "touch", "robot_ip", "can")
    hardware = {name: getattr(options, name) for name in names}
    skin = {"source": "xela", "uri": options.xela, "touch": options.touch}
    serials = {"front": options.front_serial, "wrist": options.wrist_serial}
    return (
        NodeSpec("dexsim2real_hw", "hardware_node", "hardware", hardware),
        *(
            NodeSpec(
                "dexsim2real_perception",
                "camera_node",
                f"{camera}_camera",
                {"camera": camera, "source": "realsense", "serial": serials[camera]},
                images=True,
            )
            for camera in _cameras(options)
        ),
        NodeSpec("dexsim2real_perception", "touch_node", "touch", skin),
    )


def _cameras(options: GraphOptions) -> tuple[str, ...]:
    return CAMERAS if options.cameras else ()


def _replayed(options: GraphOptions) -> tuple[NodeSpec, ...]:
    if not options.bag:
        raise DexSim2RealError("replay needs bag, the recording to play")
    topics = tuple(topic for topic in SENSORS if options.cameras or "camera" not in topic)
    parameters: dict[str, Value] = {"bag": options.bag, "topics": topics, "clock": True}
    return (NodeSpec("dexsim2real_audit", "replay_node", "replay", parameters, images=True),)


def _by_the_recordings_clock(node: NodeSpec) -> NodeSpec:
    """Stamps of a recording are of the past; only by its own clock are they fresh."""
    return replace(node, parameters={**node.parameters, "use_sim_time": True})


def _recorder(options: GraphOptions) -> NodeSpec:
    if not options.out:
        raise DexSim2RealError("record needs out, the folder of the new recording")
    return NodeSpec("dexsim2real_audit", "recorder_node", "recorder", {"out": options.out}, images=True)


def _gate(options: GraphOptions) -> NodeSpec:
    return NodeSpec("dexsim2real_hw", "safety_gate_node", "safety_gate", _cell(options))


def _policy(options: GraphOptions) -> tuple[NodeSpec, ...]:
    if options.policy == NO_POLICY:
        return ()
    parameters: dict[str, Value] = {"artifact": options.policy, **_cell(options)}
    return (NodeSpec("dexsim2real_policy", "policy_node", "policy", parameters, images=True),)


def _viewers(options: GraphOptions) -> tuple[NodeSpec, ...]:
    if not options.markers:
        return ()
    return (NodeSpec("dexsim2real_bringup", "marker_node", "markers", _cell(options), niceness=10),)


def _cell(options: GraphOptions) -> dict[str, Value]:
    return {"arm": options.arm, "hand": options.hand, "touch": options.touch}
