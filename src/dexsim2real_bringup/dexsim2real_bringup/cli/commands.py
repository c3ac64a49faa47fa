"""The verbs of the command line, in the order of the loop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One verb."""

    target: str
    """``module:function``, imported only when the verb is used."""
    summary: str
    """One line for the overview."""


_CLI = "dexsim2real_bringup.cli"

COMMANDS: dict[str, Command] = {
    "urdf": Command(f"{_CLI}.urdf:urdf", "write the cell as URDF"),
    "tasks": Command(f"{_CLI}.sim:tasks", "list the six tasks"),
    "params": Command(f"{_CLI}.sim:params", "list the simulator's parameters"),
    "sim view": Command(f"{_CLI}.sim_view:view", "write a video of a scripted rollout"),
    "sim films": Command(f"{_CLI}.sim_films:films", "film a scripted rollout of every task"),
    "sim bench": Command(f"{_CLI}.sim:bench", "measure the simulator's speed"),
    "policy check": Command(f"{_CLI}.policy:check", "verify a policy artifact"),
    "policy bench": Command(f"{_CLI}.policy:bench", "measure a policy's latency"),
    "policy attention": Command(f"{_CLI}.attention:attention", "draw where a student that sees and feels looks"),
    "identify": Command(f"{_CLI}.identify:identify", "tune the robot model to a recording"),
    "dr capture": Command(f"{_CLI}.dr_capture:capture", "take reference pictures of a twin, live, or from a recording"),
    "dr rank": Command(f"{_CLI}.dr_rank:rank", "rank the factors to randomise for a task"),
    "dr run": Command(f"{_CLI}.dr:run", "learn what to randomise from what a critic finds real"),
    "dr compare": Command(f"{_CLI}.dr_compare:compare", "measure how well methods find what twins hide"),
    "curriculum": Command(f"{_CLI}.curriculum:curriculum", "show the sub-skills of a task, or ask a model for them"),
    "bench curriculum": Command(f"{_CLI}.curriculum:compare", "show what trainings gained by their curricula"),
    "train": Command(f"{_CLI}.train:train", "train a policy and export it"),
    "demos": Command(f"{_CLI}.demos:demos", "record what a planned expert does"),
    "clone": Command(f"{_CLI}.clone:clone", "learn a policy from demonstrations"),
    "distill": Command(f"{_CLI}.distill:distill", "teach a policy that sees and feels what others can"),
    "export": Command(f"{_CLI}.train:export", "write the policy artifact of a training"),
    "evaluate": Command(f"{_CLI}.evaluate:evaluate", "count how often a policy succeeds, in simulation or on a twin"),
    "up": Command(f"{_CLI}.up:up", "start the live graph"),
    "move": Command(f"{_CLI}.move:move", "bring the robot to a start pose, around what is in the way"),
    "topics": Command(f"{_CLI}.topics:topics", "show rates and ages of the live graph's topics"),
    "gate arm": Command(f"{_CLI}.gate:arm", "make the safety gate ready to run"),
    "gate stop": Command(f"{_CLI}.gate:stop", "stop the robot"),
    "gate reset": Command(f"{_CLI}.gate:reset", "disarm the safety gate after a stop"),
    "gate state": Command(f"{_CLI}.gate:state", "show what the safety gate says"),
    "bench graph": Command(f"{_CLI}.bench:graph", "measure the live graph on the simulated robot"),
    "bench faults": Command(f"{_CLI}.bench:faults", "break the live graph piece by piece and measure what it does"),
    "bench gate": Command(f"{_CLI}.bench_gate:bench_gate", "measure what a tick of the safety gate costs"),
    "doctor": Command(f"{_CLI}.doctor:doctor", "say what is ready on this machine, what is missing and what to do"),
    "record": Command(f"{_CLI}.record:record", "record the live graph to a rosbag2 folder"),
    "replay": Command(f"{_CLI}.record:replay", "publish a recording again"),
    "recover": Command(f"{_CLI}.record:recover", "save what is readable of a damaged recording"),
    "bench recorder": Command(f"{_CLI}.bench_recorder:bench_recorder", "prove that the recorder loses nothing"),
    "audit": Command(f"{_CLI}.audit:audit", "say whether, where and why a recording differs from simulation"),
    "bench audit": Command(f"{_CLI}.bench_audit:bench_audit", "measure how well audits find what twins hide"),
    "bench audit-cost": Command(f"{_CLI}.bench_audit_cost:bench_audit_cost", "measure what a long audit costs"),
    "trials plan": Command(f"{_CLI}.trials:plan", "plan an evaluation, with methods hidden from judges"),
    "trials run": Command(f"{_CLI}.trials:run", "run a plan in simulation or on a twin"),
    "trials live": Command(f"{_CLI}.trials_live:live", "try a policy on the live graph with the simulated robot"),
    "trials judge": Command(f"{_CLI}.trials:judge", "take a judge's verdicts"),
    "trials report": Command(f"{_CLI}.trials:report", "report success, gaps and tests between methods"),
    "ledger show": Command(f"{_CLI}.ledger:show", "list the rounds of transfer"),
    "ledger compare": Command(f"{_CLI}.ledger:compare", "compare two rounds"),
    "ledger export": Command(f"{_CLI}.ledger:export", "write the ledger as CSV or Markdown"),
    "loop": Command(f"{_CLI}.loop:loop", "do all of it, from pictures of a robot to the ledger, round after round"),
    "demo": Command(f"{_CLI}.loop:demo", "show the whole loop on this machine, in minutes"),
}
