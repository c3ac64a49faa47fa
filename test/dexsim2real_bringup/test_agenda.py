"""Simulated time: order, even grids, and waiting."""

from dexsim2real_bringup.agenda import Agenda


def test_calls_come_in_the_order_of_their_times_and_equal_times_in_that_of_their_entry():
    agenda, heard = Agenda(), []
    begin = agenda.now
    for name, seconds in (("late", 0.2), ("first", 0.1), ("second", 0.1)):
        agenda.after(seconds, lambda name=name: heard.append((name, agenda.now - begin)))
    assert not agenda.until(lambda: False, 0.15)
    assert heard == [("first", 100_000_000), ("second", 100_000_000)]
    assert agenda.now - begin == 150_000_000  # waiting takes its time too
    agenda.until(lambda: len(heard) == 3, 1.0)
    assert heard[-1] == ("late", 200_000_000)


def test_a_rate_that_divides_no_second_keeps_its_grid():
    agenda, times = Agenda(), []
    begin = agenda.now
    agenda.every(120.0, 0.001, lambda: times.append(agenda.now - begin))
    agenda.until(lambda: False, 100.0)
    # 1/120 s is 8333333.33 ns: the last of 12000 ticks in 100 s is due at 0.001 + 11999/120 s, to the nanosecond
    assert len(times) == 12_000
    assert times[:3] == [1_000_000, 9_333_333, 17_666_667]
    assert times[-1] == 1_000_000 + 99_991_666_667


def test_waiting_ends_when_it_is_true_and_what_a_call_enters_comes_too():
    agenda, heard = Agenda(), []
    agenda.after(0.1, lambda: agenda.after(0.1, lambda: heard.append(agenda.now)))
    agenda.after(0.3, lambda: heard.append("too late"))
    assert agenda.until(lambda: bool(heard), 1.0)
    assert heard == [1_200_000_000]
