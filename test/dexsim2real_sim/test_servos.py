"""Joint torque as it is read, against the momentum that the physics gave the joints."""

import mujoco
import numpy as np
import pytest

from dexsim2real_description import ARM_JOINTS, JOINTS
from dexsim2real_sim import make_env

ARM = slice(0, len(ARM_JOINTS))
SOFT = {"arm_stiffness": 0.8, "arm_damping_gain": 1.2, "hand_stiffness": 1.3, "arm_delay": 0.0, "hand_delay": 0.0}


def swing(env, step):
    """Actions that swing every joint to and fro, at frequencies of their own."""
    return 0.5 * np.cos(np.linspace(0.2, 0.6, len(JOINTS)) * step)[None]


def impulse_torque(env, before, velocity):
    """M a + bias - passive - constraint of the last physics step, from the change of momentum [N m], shape (23,)."""
    model = env.sim.model
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:] = before, velocity
    mujoco.mj_forward(model, data)
    change = env.sim.qvel[0] - velocity
    momentum = np.zeros(model.nv)
    mujoco.mj_mulM(model, data, momentum, change / model.opt.timestep)
    friction = data.qfrc_passive - model.dof_damping * change  # viscous friction acts with the velocity at the end
    constraint = env.sim.batch.bind("qfrc_constraint")[0]
    return (momentum + data.qfrc_bias - friction - constraint)[: len(JOINTS)]


@pytest.mark.parametrize("values", [{}, SOFT])
def test_a_reading_is_the_torque_that_changed_the_momentum(values):
    env = make_env("pick_place", num_envs=1, policy_rate=120.0)  # a policy step is a physics step
    env.reset()
    env.set_parameters(np.array([0]), values)
    read, true = [], []
    for step in range(60):
        before, velocity = env.sim.qpos[0].copy(), env.sim.qvel[0].copy()
        env.step(swing(env, step))
        read.append(env.plant.servos.torque()[0])
        true.append(impulse_torque(env, before, velocity))
    read, true = np.array(read)[5:], np.array(true)[5:]
    limit = env.cell.limits.effort
    inside = np.abs(true) < 0.9 * limit
    assert inside[:, ARM].mean() > 0.5
    assert np.abs(true[:, ARM]).max() > 5
    assert np.abs(read - true)[inside] == pytest.approx(0.0, abs=0.02)


def test_a_steady_motion_takes_no_more_than_friction():
    env = make_env("pick_place", num_envs=1)
    env.reset()
    wrist = JOINTS.index("arm_joint_7")
    action = np.zeros((1, len(JOINTS)))
    action[0, wrist] = 0.6
    for _ in range(12):
        env.step(action)
    speed, damping = env.sim.joint_velocity[0, wrist], env.sim.model.dof_damping[wrist]
    assert speed > 0.3
    assert env.plant.servos.torque()[0, wrist] == pytest.approx(damping * speed, abs=0.1)


def test_a_servo_that_cannot_follow_gives_its_limit():
    env = make_env("pick_place", num_envs=1)
    env.reset()
    env.set_parameters(np.array([0]), {"hand_strength": 0.3})
    torques = []
    for step in range(40):
        env.step(np.full((1, len(JOINTS)), 1.0 if step // 5 % 2 else -1.0))
        torques.append(np.abs(env.plant.servos.torque()[0, len(ARM_JOINTS) :]))
    most, limit = np.max(torques, axis=0), 0.3 * env.cell.limits.effort[len(ARM_JOINTS) :]
    assert (most <= limit).all()
    assert np.isclose(most, limit).any()
