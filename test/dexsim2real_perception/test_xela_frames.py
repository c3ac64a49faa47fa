import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_perception.errors import FrameError
from dexsim2real_perception.xela_frames import parse_message

OLD = {
    "message": 7,
    "time": 1600000000.5,
    "sensors": 1,
    "1": {
        "time": 1600000000.25,
        "sensor": "1",
        "model": "uSPa44",
        "taxels": 2,
        "data": "8000,8001,8FA0,0000,FFFF,9000",
        "calibrated": None,
        "temp": [28.5, 29.5],
        "ups": [99.0, 101.0],
    },
}
"""Up to 1.7.6."""


def with_sensor(**changes):
    return json.dumps({**OLD, "1": {**OLD["1"], **changes}})


def test_hexadecimal_counts_of_old_servers():
    (sensor,) = parse_message(json.dumps(OLD))
    # 0x8000 = 32768, 0x8FA0 = 36768, 0x9000 = 36864
    assert sensor.counts.tolist() == [[32768, 32769, 36768], [0, 65535, 36864]]
    assert sensor.forces is None
    assert sensor.stamp_ns == 1600000000_250000000
    assert (sensor.number, sensor.model, sensor.num_taxels) == ("1", "uSPa44", 2)
    assert sensor.updates.tolist() == [99.0, 101.0]
    assert sensor.temperatures.tolist() == [28.5, 29.5]


def test_list_in_data_of_1_7_7():
    (sensor,) = parse_message(with_sensor(data=[1, 2, 3, 4, 5, 6]))
    assert sensor.counts.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_new_servers_kelvin_line_breaks_and_what_wins():
    new = with_sensor(data="8000,\n8001,\n8FA0,\n0000,\nFFFF,\n9000", temp=[3.0165e2, 3.0265e2])
    (sensor,) = parse_message(new)
    assert sensor.counts[0].tolist() == [32768, 32769, 36768]
    assert sensor.temperatures == pytest.approx([28.5, 29.5])
    (sensor,) = parse_message(with_sensor(integer=[9, 8, 7, 6, 5, 4]))  # integer before data
    assert sensor.counts.tolist() == [[9, 8, 7], [6, 5, 4]]
    forces = [0.1, -0.2, 0.3, 0, 0.5, 7]
    (sensor,) = parse_message(with_sensor(calibrated=forces, integer=[0] * 6))  # calibrated before all
    assert sensor.forces.tolist() == [[0.1, -0.2, 0.3], [0, 0.5, 7]]
    assert sensor.counts is None


def test_bare_line_breaks_inside_data():
    text = with_sensor(data="8000,|8001,|8FA0,|0000,|FFFF,|9000").replace("|", "\n")
    (sensor,) = parse_message(text)
    assert sensor.counts.tolist() == [[32768, 32769, 36768], [0, 65535, 36864]]


@pytest.mark.parametrize("greeting", [{"message": "Welcome"}, {"type": "welcome", "version": "1.8.0b"}])
def test_greetings(greeting):
    assert parse_message(json.dumps(greeting)) is None


def test_an_uncalibrated_sensor_may_say_so_in_three_ways():
    for nothing in (None, [], ...):
        part = {k: v for k, v in OLD["1"].items() if k != "calibrated"}
        part |= {} if nothing is ... else {"calibrated": nothing}
        (sensor,) = parse_message(json.dumps({**OLD, "1": part}))
        assert sensor.forces is None


def test_what_may_be_missing():
    (sensor,) = parse_message(with_sensor(ups=None, temp="warm"))
    assert sensor.updates is None
    assert sensor.temperatures is None
    (sensor,) = parse_message(with_sensor(ups=58.3))  # one number for all
    assert sensor.updates.tolist() == [58.3, 58.3]


def test_taking_some_taxels():
    (sensor,) = parse_message(json.dumps(OLD))
    part = sensor.take(np.array([1]))
    assert part.counts.tolist() == [[0, 65535, 36864]]
    assert (part.updates.tolist(), part.temperatures.tolist(), part.forces) == ([101.0], [29.5], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("\x00\x01", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "expected a JSON object, got list"),
        ("{}", "number of sensors is None"),
        ('{"sensors": true}', "number of sensors is True"),
        ('{"sensors": 1000000000}', "number of sensors"),
        (json.dumps({**OLD, "sensors": 2}), "sensor 2 is missing"),
        (with_sensor(taxels="2"), "number of taxels is '2'"),
        (with_sensor(time="now"), "time is 'now'"),
        (with_sensor(time=float("nan")), "time is nan"),
        (with_sensor(data="8000,zz,1,2,3,4"), "not hexadecimal"),
        (with_sensor(data="8000"), "expected 6 counts"),
        (with_sensor(data=None), "expected 6 counts"),
        (with_sensor(integer=[70000] * 6), "0 to 65535"),
        (with_sensor(integer=[1.5] * 6), "0 to 65535"),
        (with_sensor(calibrated=[float("nan")] * 6), "not 6 finite numbers"),
        (with_sensor(calibrated=[0.0] * 5), "not 6 finite numbers"),
        (with_sensor(calibrated="none"), "not 6 finite numbers"),
    ],
)
def test_garbage_is_a_frame_error(text, message):
    with pytest.raises(FrameError, match=message):
        parse_message(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(part=st.dictionaries(st.sampled_from([*sorted(OLD["1"]), "integer"]), JSON), raw=st.text())
def test_nothing_but_frame_errors_comes_out(part, raw):
    for text in (raw, with_sensor(**part)):
        try:
            sensors = parse_message(text)
        except FrameError:
            continue
        for sensor in sensors or ():
            values = sensor.counts if sensor.forces is None else sensor.forces
            assert values.shape == (sensor.num_taxels, 3)
            assert np.isfinite(values).all()
