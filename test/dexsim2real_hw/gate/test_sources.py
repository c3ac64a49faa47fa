import pytest

from dexsim2real_hw.gate import InputBounds
from dexsim2real_hw.gate.readings import RejectedError
from dexsim2real_hw.gate.sources import Source

MS = 1_000_000


def source():
    return Source("touch", InputBounds(age=0.1, delay=0.05, rate=10.0), stamp_ahead=0.02)


def take(one, stamp, now):
    one.check(stamp, now)
    one.accept(stamp, now)


def test_an_input_that_never_came_is_infinitely_old():
    assert source().age(0).value == float("inf")
    assert source().age(0).fired


def test_age_counts_from_receipt():
    one = source()
    take(one, 100 * MS, 130 * MS)  # 30 ms on the way
    assert one.age(170 * MS).value == pytest.approx(0.04)
    assert not one.age(230 * MS).fired
    assert one.age(231 * MS).fired


def test_a_message_that_was_long_on_the_way_is_refused():
    source().check(100 * MS, 150 * MS)
    with pytest.raises(RejectedError, match=r"delay touch: 0\.051 s against 0\.05 s"):
        source().check(100 * MS, 151 * MS)


def test_stamps_move_forward_and_not_beyond_now():
    one = source()
    take(one, 100 * MS, 100 * MS)
    for stamp in (100 * MS, 90 * MS):
        with pytest.raises(RejectedError, match="stamp_order touch"):
            one.check(stamp, 110 * MS)
    with pytest.raises(RejectedError, match=r"stamp_ahead touch: 0\.03 s against 0\.02 s"):
        one.check(140 * MS, 110 * MS)


def test_the_rate_is_judged_after_a_second_of_messages():
    one = source()
    for k in range(9):
        take(one, k * 50 * MS, k * 50 * MS)
        assert one.rate(k * 50 * MS) is None
    take(one, 450 * MS, 450 * MS)
    assert one.rate(450 * MS).value == pytest.approx(10 / 0.45)  # ten messages in 0.45 s
    assert not one.rate(1000 * MS).fired
    assert one.rate(1001 * MS).fired


@pytest.mark.parametrize(("hertz", "fires"), [(10.5, False), (9.5, True)])
def test_the_rate_fires_exactly_below_its_bound(hertz, fires):
    one = source()
    fired = False
    for k in range(50):
        now = round(k * 1e9 / hertz)
        take(one, now, now)
        just_before_the_next = round((k + 1) * 1e9 / hertz) - 1
        rate = one.rate(just_before_the_next)
        fired |= rate is not None and rate.fired
    assert fired == fires
