"""Touch against contacts whose force and place are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import touch_layout
from dexsim2real_sim.env import make_env
from dexsim2real_sim.robot import CONTACT_SLOTS
from dexsim2real_sim.touch import taxel_forces

IDENTITY = np.broadcast_to(np.eye(3), (1, 4, 3, 3)).copy()
ORIGIN = np.zeros((1, 4, 3))


def one_contact(force, point, normal, tangent, finger=0):
    """Contacts of one hand: `force` in the contact frame, the rest in the world."""
    contacts = np.zeros((1, 4, CONTACT_SLOTS, 12))
    contacts[0, finger, 0] = np.concatenate([force, point, normal, tangent])
    return contacts


def total(layout, forces):
    """Sum of the taxels' forces in the tip frame [N], per finger."""
    return np.einsum("tij,ftj->fi", layout.frames, forces)


@pytest.mark.parametrize("name", ["grid15", "uSCuAH"])
def test_press_on_a_taxel(name):
    layout = touch_layout(name)
    normal, point = layout.normals[7], layout.positions[7]
    tangent = layout.frames[7][:, 0]
    forces = taxel_forces(layout, one_contact([2.0, 0, 0], point, normal, tangent), ORIGIN, IDENTITY)[0]
    np.testing.assert_allclose(total(layout, forces)[0], 2.0 * normal, atol=1e-5)
    assert forces[0, :, 2].argmax() == 7
    assert forces[0, 7, 2] > 0  # pressed taxels report positive z
    assert not forces[1:].any()


def test_slide_appears_as_shear_along_the_finger():
    layout = touch_layout("grid15")
    normal, point = layout.normals[4], layout.positions[4]
    towards_end = layout.frames[4][:, 0]
    contact = one_contact([3.0, 0.9, 0.0], point, normal, towards_end)
    forces = taxel_forces(layout, contact, ORIGIN, IDENTITY)[0, 0]
    assert forces[4, 0] > 0.0
    assert forces[4, 0] / forces[4, 2] == pytest.approx(0.3, rel=1e-4)
    np.testing.assert_allclose(total(layout, forces[None])[0], 3.0 * normal + 0.9 * towards_end, atol=1e-5)


def test_two_equally_near_taxels_share_equally():
    layout = touch_layout("grid15")
    point = (layout.positions[4] + layout.positions[7]) / 2  # taxels of neighbouring rows, same column
    forces = taxel_forces(layout, one_contact([1, 0, 0], point, [1.0, 0, 0], [0, 0, 1.0]), ORIGIN, IDENTITY)[0, 0]
    np.testing.assert_allclose(np.linalg.norm(forces[4]), np.linalg.norm(forces[7]), rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.floats(0.01, 5), st.floats(-5, 5), st.floats(-5, 5)),
    st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=3),
    st.integers(0, 3),
    st.integers(0, 2**31),
)
def test_taxels_balance_any_contact_at_any_pose(force, point, finger, seed):
    rng = np.random.default_rng(seed)
    layout = touch_layout("uSCuAH")
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    frame[:, 2] = np.cross(frame[:, 0], frame[:, 1])
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation[:, 2] = np.cross(rotation[:, 0], rotation[:, 1])
    rotations = IDENTITY.copy()
    rotations[0, finger] = rotation
    contact = one_contact(force, point, frame[:, 0], frame[:, 1], finger)
    forces = taxel_forces(layout, contact, ORIGIN, rotations)[0]
    world = rotation @ total(layout, forces)[finger]
    np.testing.assert_allclose(world, frame @ np.array(force), atol=1e-4)


def pressed(**values):
    """An environment whose index fingertip is pressed at taxel 7 with 2 N, and its touch sensor."""

    class Fixed:
        names = tuple(values)

        def sample(self, rng, count):
            return np.tile(list(values.values()), (count, 1))

    env = make_env("pick_place", sampler=Fixed())
    layout = env.sensors.touch.layout

    class Pressed:
        tip_positions, tip_rotations = ORIGIN, IDENTITY
        force = 2.0

        @property
        def contacts(self):
            return one_contact([self.force, 0, 0], layout.positions[7], layout.normals[7], layout.frames[7][:, 0])

    return env.sensors.touch, Pressed()


IDEAL = {"touch_noise_shear": 0, "touch_noise_normal": 0, "touch_quantum": 0, "touch_hysteresis": 0, "touch_lag": 0}
QUIET = np.zeros((1, 180), np.float32)


def test_without_imperfections_the_reading_is_the_force():
    sensor, press = pressed(**IDEAL)
    press.force = 0.5  # below the full scale of the shear axes
    sensor.measure(press, QUIET)
    np.testing.assert_allclose(sensor.forces, sensor.contact, atol=1e-5)
    assert sensor.contact[0, 0, 7, 2] > 0.1


def test_noise_has_the_given_standard_deviation():
    sensor, press = pressed(**{**IDEAL, "touch_noise_shear": 0.02, "touch_noise_normal": 0.01})
    press.force = 0.0
    noise = np.random.default_rng(0).standard_normal((400, 1, 180)).astype(np.float32)
    readings = []
    for row in noise:
        sensor.measure(press, row)
        readings.append(sensor.forces.copy())
    deviation = np.std(readings, axis=(0, 1, 2, 3))
    np.testing.assert_allclose(deviation, [0.02, 0.02, 0.01], rtol=0.05)


def test_saturates_at_full_scale():
    sensor, press = pressed(**{**IDEAL, "touch_range_normal": 1.0})
    press.force = 50.0
    sensor.measure(press, QUIET)
    assert sensor.forces[..., 2].max() == pytest.approx(1.0, abs=1e-5)


def test_reads_in_steps_of_the_converter():
    sensor, press = pressed(**{**IDEAL, "touch_quantum": 0.05})
    sensor.measure(press, QUIET)
    steps = sensor.forces / 0.05
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)


def test_reading_comes_late():
    sensor, press = pressed(**{**IDEAL, "touch_lag": 0.1})  # three policy steps of 1/30 s
    press.force = 0.5
    seen = []
    for _ in range(5):
        sensor.measure(press, QUIET)
        seen.append(float(sensor.forces[0, 0, 7, 2]))
    assert seen[:3] == [0.0, 0.0, 0.0]
    assert seen[3] > 0.1


def test_hysteresis_holds_back_release():
    sensor, press = pressed(**{**IDEAL, "touch_hysteresis": 0.1, "touch_range_normal": 1.0})
    for force in (0.8, 0.8, 0.75):
        press.force = force
        sensor.measure(press, QUIET)
    peak = sensor.forces[0, 0, 7, 2]
    press.force = 0.72  # less than the play below the peak: the reading stays
    sensor.measure(press, QUIET)
    assert sensor.forces[0, 0, 7, 2] == pytest.approx(peak)
    assert sensor.contact[0, 0, 7, 2] != pytest.approx(peak)


def test_drift_grows_with_time():
    sensor, press = pressed(**{**IDEAL, "touch_drift": 0.003})
    press.force = 0.0
    spread = []
    for _ in range(60):
        sensor.measure(press, QUIET)
        spread.append(sensor.forces.std())
    assert spread[-1] == pytest.approx(0.003 * 2.0, rel=0.2)  # 60 steps are 2 s
    assert spread[29] == pytest.approx(spread[-1] / 2, rel=0.05)
