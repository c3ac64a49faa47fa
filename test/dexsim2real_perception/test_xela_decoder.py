import json
import time

import numpy as np
import pytest

from dexsim2real_description import TouchLayout, UnknownNameError, touch_layout
from dexsim2real_description.whole_hand import HAND_TIPS
from dexsim2real_description.xela import FORCE_PER_COUNT
from dexsim2real_perception.xela_decoder import DecoderConfig, XelaDecoder
from dexsim2real_perception.xela_stand_in import StandInConfig, XelaStandIn
from dexsim2real_perception.xela_zero import BaselineConfig

NOW = 1_700_000_000.0
QUICK = BaselineConfig(duration_s=0.1, min_readings=5)


def sensor(number, model, taxels, when, ups=100.0, **values):
    return {"time": when, "sensor": number, "model": model, "taxels": taxels, "ups": [ups] * taxels, **values}


def tips(counts, when=NOW, ups=100.0, **extra):
    """One message of four uSPa35 tips whose counts are given, shape (4, 15, 3)."""
    parts = {
        str(i + 1): sensor(str(i + 1), "USPA35", 15, when, ups, integer=np.asarray(tip).ravel().tolist(), **extra)
        for i, tip in enumerate(counts)
    }
    return json.dumps({"type": "routine", "sensors": 4, "time": when, **parts})


def ns(seconds):
    return round(seconds * 1e6) * 1000


def decoder(layout="grid15", **config):
    return XelaDecoder(touch_layout(layout), DecoderConfig(baseline=QUICK, **config))


def zeroed():
    """A decoder whose baseline is 32768, 32768, 36500 everywhere, taken before NOW."""
    made = decoder()
    for step in range(11):
        when = NOW - 1.0 + 0.01 * step
        assert made.feed(tips(np.full((4, 15, 3), [32768, 32768, 36500]), when), ns(when + 0.005)) is None or step >= 10
    return made


def test_counts_become_newtons_in_the_order_of_the_layout():
    counts = np.full((4, 15, 3), [32768, 32768, 36500])
    counts[1, 5] += [100, -200, 1000]  # middle finger, the maker's taxel 6: next to the base, in the middle
    frame = zeroed().feed(tips(counts), ns(NOW + 0.01))
    assert frame.stamp_ns == ns(NOW)
    assert frame.force.shape == (4, 15, 3)
    assert frame.force[1, 1] == pytest.approx([100 * 0.87 / 1388, -200 * 0.87 / 1388, 1000 * 7.35 / 10085], rel=1e-5)
    frame.force[1, 1] = 0.0
    assert not frame.force.any()


def test_the_makers_calibration_is_used_as_it_is():
    made = decoder()
    forces = np.zeros((4, 15, 3))
    forces[3, 14] = [0.1, 0.2, 3.0]  # the maker's taxel 15: next to the end, at its -y, our column -1
    parts = {
        str(i + 1): sensor(str(i + 1), "uspa35", 15, NOW, calibrated=f.ravel().tolist()) for i, f in enumerate(forces)
    }
    frame = made.feed(json.dumps({"sensors": 4, **parts}), ns(NOW))
    assert frame.force[3, 12] == pytest.approx([0.1, 0.2, 3.0])
    assert made.state.ok


def test_a_whole_hand_goes_to_its_fingers_and_axes():
    made = decoder("uSCuAH")
    forces = np.zeros((368, 3))
    forces[HAND_TIPS[0, 14]] = [0.1, 0.2, 3.0]  # taxel 15 of the index finger
    forces[75] = [9, 9, 9]  # a taxel of a phalanx, not a tip
    message = {"sensors": 1, "1": sensor("1", "XR23AHLCPP", 368, NOW, calibrated=forces.ravel().tolist())}
    frame = made.feed(json.dumps(message), ns(NOW))
    # The maker's y is our x and its x our -y; and the skin exerts the opposite of the shear it feels.
    assert frame.force[0, 14] == pytest.approx([-0.2, 0.1, 3.0], abs=1e-3)
    frame.force[0, 14] = 0.0
    assert not frame.force.any()


def test_the_baseline_outlives_a_new_connection_and_can_be_taken_anew():
    made = zeroed()
    pressed = np.full((4, 15, 3), [32768, 32768, 37500])
    assert made.feed(json.dumps({"type": "welcome"}), ns(NOW)) is None
    assert made.feed(tips(pressed), ns(NOW)).force[0, 0, 2] == pytest.approx(1000 * FORCE_PER_COUNT[2])
    made.zero()
    frames = [made.feed(tips(pressed, NOW + 0.01 * i), ns(NOW + 0.01 * i)) for i in range(1, 13)]
    assert frames[:10] == [None] * 10
    assert not frames[11].force.any()


def test_the_baseline_says_what_it_waits_for():
    made = decoder()
    for step in range(12):
        counts = np.full((4, 15, 3), 30000 + 1000 * step)
        assert made.feed(tips(counts, NOW + 0.01 * step), ns(NOW + 0.01 * step)) is None
    assert (
        made.state.text
        == "taking the no-touch baseline again: the fingers moved or were touched; leave the fingers free"
    )


def test_a_repeated_reading_is_not_a_new_frame():
    made, counts = zeroed(), np.full((4, 15, 3), 36000)
    assert made.feed(tips(counts), ns(NOW)) is not None
    assert made.feed(tips(counts), ns(NOW + 0.01)) is None
    assert made.feed(tips(counts, NOW - 0.02), ns(NOW + 0.02)) is None  # nor is an older one
    assert made.state.ok
    assert made.feed(tips(counts, NOW + 0.01), ns(NOW + 0.03)) is not None


def test_one_stuck_tip_stops_the_frames_and_is_named():
    made = zeroed()
    message = json.loads(tips(np.full((4, 15, 3), 36000)))
    message["3"]["time"] = NOW - 0.3
    assert made.feed(json.dumps(message), ns(NOW)) is None
    assert "sensor 3 was last read 0.3 s ago" in made.state.text


def test_a_server_whose_clock_is_ahead_is_refused():
    made = zeroed()
    assert made.feed(tips(np.full((4, 15, 3), 36000), NOW + 0.4), ns(NOW)) is None
    assert "clock is 0.4 s ahead" in made.state.text


def test_slow_sensors_are_refused_and_taken_once_they_are_fast():
    made, counts = zeroed(), np.full((4, 15, 3), 36000)
    assert made.feed(tips(counts, ups=2.5), ns(NOW)) is None
    assert "update 2.5 times a second, below 50" in made.state.text
    assert not made.state.ok
    assert made.feed(tips(counts, NOW + 0.01, ups=58.3), ns(NOW + 0.01)) is not None


def test_the_rate_is_measured_where_the_server_does_not_say_it():
    made = decoder(min_rate=50.0)
    for step in range(30):  # 20 Hz
        message = json.loads(tips(np.full((4, 15, 3), 36000), NOW + 0.05 * step))
        for number in "1234":
            del message[number]["ups"]
        assert made.feed(json.dumps(message), ns(NOW + 0.05 * step)) is None
        if step == 0:
            assert made.state.text == "refused: the update rate is not known yet"
    assert "update 20 times a second" in made.state.text


def test_garbage_is_a_state_and_the_next_good_message_goes_on():
    made = zeroed()
    assert made.feed("\x00garbage", ns(NOW)) is None
    assert made.state.text.startswith("refused: not JSON")
    assert made.feed(tips(np.full((4, 15, 3), 36000)), ns(NOW)) is not None
    assert made.state.ok


@pytest.mark.parametrize(
    ("layout", "change", "message"),
    [
        ("grid15", {"sensors": 3}, "no sensor 4 for the thumb tip; the server has 1, 2, 3"),
        ("uSCuAH", {}, "is model 'USPA35', but touch layout 'uSCuAH' is filled by 'uSCuAH'"),
        ("grid15", {"2": sensor("2", "USPA35", 1, NOW, integer=[1, 2, 3])}, "sensor 2 .USPA35. has 1 taxels, not 15"),
        (
            "grid15",
            {"sensors": 1, "1": sensor("1", "XR23AHRCPP", 368, NOW, integer=[0] * 1104)},
            "tips of 30 taxels, but touch layout 'grid15' has 15; use the layout XR23AHRCPP or uSCuAH",
        ),
        ("uSCuAH", {"1": sensor("1", "XR23AHRCPP", 3, NOW, integer=[0] * 9)}, "has 3 taxels, not 368"),
        ("grid15", {"2": sensor("2", "USPA35", 15, NOW, calibrated=[0.0] * 45)}, "only the tips middle have"),
    ],
)
def test_another_sensor_than_configured(layout, change, message):
    made = decoder(layout)
    text = json.dumps({**json.loads(tips(np.full((4, 15, 3), 36000))), **change})
    assert made.feed(text, ns(NOW)) is None
    assert not made.state.ok
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(made.state.text)


def test_a_layout_that_no_xela_tip_fills():
    with pytest.raises(UnknownNameError, match="touch layout of a XELA tip"):
        XelaDecoder(TouchLayout("other", np.zeros((1, 3)), np.ones((1, 3))))


def test_temperature_is_reported():
    made = zeroed()
    made.feed(tips(np.full((4, 15, 3), 36000), temp=[300.15] * 15), ns(NOW))
    assert made.temperature == pytest.approx(27.0)


@pytest.mark.parametrize(
    "config",
    [
        StandInConfig(version="1.7.6"),
        StandInConfig(version="1.7.7", layout="grid15"),
        StandInConfig(version="1.8.0b"),
        StandInConfig(version="1.8.0b", hand=True),
        StandInConfig(version="1.8.0b", hand=True, calibrated=True),
    ],
    ids=["1.7.6", "1.7.7 flat", "1.8.0b", "1.8.0b hand", "1.8.0b hand calibrated"],
)
def test_what_the_stand_in_feels_is_what_comes_out(config):
    stand_in = XelaStandIn(config)
    layout = touch_layout(config.layout)
    made = decoder(config.layout, max_age_s=60.0)
    for _ in range(200):  # without touch, for the baseline
        made.feed(stand_in.message(), time.time_ns())
        if made.state.ok:
            break
        time.sleep(0.002)
    stand_in.force = np.random.default_rng(1).uniform(-0.5, 0.5, (4, layout.num_taxels, 3))
    time.sleep(0.001)
    frame = made.feed(stand_in.message(), time.time_ns())
    # Noise is 2.2 counts of 0.0007 N; the baseline of few readings has some too.
    assert np.abs(frame.force - stand_in.force).max() < 0.02
