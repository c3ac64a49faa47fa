"""Silence of streams, look by look."""

from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_policy.silence import Silence


def test_a_stream_is_silent_from_the_first_look_beyond_its_limit():
    silence = Silence(["front", "wrist"], limit=0.05, period=0.01)
    silence.heard("front")
    assert [silence.look() for _ in range(6)] == ["", "", "", "", "", "front: silent for 0.06 s, limit 0.05 s"]
    silence.heard("front")
    assert silence.look() == ""


def test_what_was_never_heard_is_not_silent_yet():
    silence = Silence(["front"], limit=0.05, period=0.01)
    assert not any(silence.look() for _ in range(100))


def test_of_two_the_first_is_named():
    silence = Silence(["front", "wrist"], limit=0.01, period=0.01)
    silence.heard("wrist")
    silence.heard("front")
    silence.look()
    assert silence.look().startswith("front")


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_pauses_up_to_the_limit_pass_and_longer_ones_do_not(pauses):
    silence = Silence(["front"], limit=0.1, period=0.01)
    for looks in pauses:
        silence.heard("front")
        words = [silence.look() for _ in range(looks)]
        assert bool(words[-1]) == (looks > 10)
        assert not any(words[:10])
