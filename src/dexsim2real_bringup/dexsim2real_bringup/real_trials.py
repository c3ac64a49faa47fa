"""Trials on the real robot, with a person beside it who puts things in place and says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dexsim2real_bringup.graph import NO_POLICY, GraphOptions, graph
from dexsim2real_bringup.move_goal import goal_joints
from dexsim2real_bringup.mover import Mover
from dexsim2real_bringup.person import Person
from dexsim2real_bringup.processes import Processes, check_running
from dexsim2real_bringup.referee import PersonReferee
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_bringup.trial_runner import TrialResult, TrialRunner, task_limit, trial_recorder
from dexsim2real_sim.planning import Collisions, plan_motion
from dexsim2real_sim.tasks import make_task

SPEED = 0.1
"""To where trials begin, as a share of the velocity limits."""
THERE = 0.01
"""A robot that is no further from where trials begin is left where it is [rad]."""
PATIENCE = 30.0
"""Until a policy that was ended has left the graph [s]."""


def what_moves(options: GraphOptions, number: int, time_limit: float | None) -> str:
    """What `run_real_trials` would move, for the person who is asked."""
    limit = task_limit(options.task, time_limit)
    return (
        f"{number} times the {options.arm} at {options.robot_ip} and the {options.hand} hand on {options.can} will "
        f"move: to where {options.task} begins, at {100 * SPEED:.0f} % of their speed, and then as {options.policy} "
        f"wants, for up to {limit:g} s, behind the safety gate."
    )


def run_real_trials(
    options: GraphOptions, number: int, time_limit: float | None, person: Person
) -> Iterator[TrialResult]:
    """Start the real robot's graph, run trials on it, and end it; with `options.out`, each is recorded to a bag there.

    The policy runs only during its trials: between them the robot is led to where they begin. Raises DexSim2RealError
    if the graph does not come up, a node ends, or the robot cannot be brought there.
    """
    nodes = (*trial_recorder(options), *graph("real", replace(options, policy=NO_POLICY)))
    instruction, limit = make_task(options.task).instruction, task_limit(options.task, time_limit)
    output: list[str] = []

    def report(name: str, line: str) -> None:
        output.append(f"{name}: {line}")

    running: list[Processes] = []

    def check() -> None:
        for processes in running:
            check_running(processes, output)

    with Processes(nodes, report) as robot, RosSession("trial_runner") as session:
        running.append(robot)
        referee = PersonReferee(session, person, instruction)
        runner, mover = TrialRunner(session, referee, check), Mover(session)
        for index in range(1, number + 1):
            if index > 1:
                referee.ask(
                    "Take everything out of the way and step back. Enter brings the robot to where trials begin."
                )
            bring(session, mover, options.task)
            with Processes(graph("policy", options), report) as policy:
                running.append(policy)
                result = runner.run(f"{index:03d}", limit)
                running.remove(policy)
            yield result


def bring(session: RosSession, mover: Mover, task: str) -> None:
    """Lead the robot to where trials of the task begin, once no policy leads it any more."""
    session.until(lambda: not mover.others(), PATIENCE, "end of the policy")
    start = mover.pose()
    collisions = Collisions(mover.cell, workspace=mover.workspace)
    goal = goal_joints(task, mover.cell, collisions, start)
    if np.abs(goal - start).max() > THERE:
        mover.follow(plan_motion(collisions, mover.cell.limits, start, goal, SPEED))
