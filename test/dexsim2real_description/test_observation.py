from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import JOINTS, DexSim2RealError, UnknownNameError
from dexsim2real_description.cell import make_cell
from dexsim2real_description.observation import ObservationSpec, SensorValues, build_inputs

CELL = make_cell("panda", "v4", "grid15")
SPEC = ObservationSpec.of_cell(CELL, image_size=(14, 14))


def values(batch: tuple[int, ...] = (), seed: int = 0) -> SensorValues:
    rng = np.random.default_rng(seed)
    joints = [rng.normal(size=(*batch, 23)) for _ in range(4)]
    images = {name: rng.integers(0, 256, (*batch, 48, 64, 3), dtype=np.uint8) for name in SPEC.cameras}
    return SensorValues(*joints, touch=rng.normal(size=(*batch, 4, 15, 3)), images=images)


def row(batch: SensorValues, i: int) -> SensorValues:
    images = {name: image[i] for name, image in batch.images.items()}
    joints = (batch.position[i], batch.velocity[i], batch.torque[i], batch.target[i])
    return SensorValues(*joints, touch=batch.touch[i], images=images)


def test_limits_become_plus_and_minus_one():
    limits = CELL.limits
    inputs = build_inputs(
        SPEC,
        replace(values(), position=limits.upper, velocity=limits.velocity, torque=-limits.effort, target=limits.lower),
    )
    expected = np.repeat([1.0, 1.0, -1.0, -1.0], 23)
    assert inputs["proprioception"] == pytest.approx(expected, abs=1e-6)


def test_middle_of_the_range_is_zero():
    # Panda joint 4: (-3.0718 - 0.0698) / 2 = -1.5708 (FACTS 1.3)
    position = values().position.copy()
    position[JOINTS.index("arm_joint_4")] = -1.5708
    assert build_inputs(SPEC, replace(values(), position=position))["proprioception"][3] == pytest.approx(0, abs=1e-6)


def test_touch_is_scaled_by_the_sensors_range_per_axis():
    touch = np.zeros((4, 15, 3))
    touch[2, 5] = [0.87, -0.435, 7.35]
    assert build_inputs(SPEC, replace(values(), touch=touch))["touch"][2, 5] == pytest.approx([1.0, -0.5, 1.0])


def test_images_keep_the_order_of_the_spec_and_stay_bytes():
    plain = {name: np.full((48, 64, 3), shade, np.uint8) for name, shade in (("wrist", 7), ("front", 3))}
    images = build_inputs(SPEC, replace(values(), images=plain))["images"]
    assert images.dtype == np.uint8 and images.shape == (2, 14, 14, 3)
    assert images[0, 0, 0, 0] == 3 and images[1, 0, 0, 0] == 7  # front, wrist


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 9))
def test_a_batch_is_bit_for_bit_its_rows(seed: int, size: int):
    batch = values((size,), seed)
    together = build_inputs(SPEC, batch)
    for i in range(size):
        for name, array in build_inputs(SPEC, row(batch, i)).items():
            assert array.tobytes() == together[name][i].tobytes()


def test_touch_as_it_travels_gives_the_same_bits_as_the_simulators_doubles():
    doubles = values()
    as_sent = replace(doubles, touch=doubles.touch.astype(np.float32))
    assert build_inputs(SPEC, as_sent)["touch"].tobytes() == build_inputs(SPEC, doubles)["touch"].tobytes()


def test_inputs_have_the_shapes_that_the_spec_announces():
    spec = replace(SPEC, features=("object_x", "object_y"))
    inputs = build_inputs(spec, replace(values((5,)), features=np.ones((5, 2))))
    assert {name: array.shape for name, array in inputs.items()} == {n: (5, *s) for n, s in spec.shapes.items()}


def test_a_policy_without_touch_and_vision_takes_proprioception_alone():
    blind = ObservationSpec.of_cell(make_cell(touch="none"), cameras=())
    assert list(build_inputs(blind, values())) == ["proprioception"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"touch": None}, "takes touch, but the sensor values have none"),
        ({"touch": np.zeros((4, 30, 3))}, r"touch has shape \(4, 30, 3\), expected \(4, 15, 3\)"),
        ({"velocity": np.zeros(7)}, r"joint velocity has shape \(7,\), expected \(23,\)"),
        ({"position": np.zeros((2, 23))}, r"joint velocity has shape \(23,\), expected \(2, 23\)"),
        ({"images": {n: np.zeros((20, 20, 3)) for n in SPEC.cameras}}, "'front' is float64, expected uint8"),
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict, message: str):
    with pytest.raises(DexSim2RealError, match=message):
        build_inputs(SPEC, replace(values(), **change))


def test_a_missing_camera_is_named():
    with pytest.raises(UnknownNameError, match="'wrist'"):
        build_inputs(SPEC, replace(values(), images={"front": values().images["front"]}))
    with pytest.raises(UnknownNameError, match="'side'"):
        ObservationSpec.of_cell(CELL, cameras=("side",))


def test_bad_specs_are_refused():
    with pytest.raises(DexSim2RealError, match="policy rate is nan Hz"):
        replace(SPEC, rate=float("nan"))
    with pytest.raises(DexSim2RealError, match="effort has 7 numbers for 23 joints"):
        replace(SPEC, effort=(1.0,) * 7)
