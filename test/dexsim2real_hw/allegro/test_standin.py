"""The stand-in hand where it follows the wall clock."""

import time


def test_a_stand_in_that_follows_the_wall_clock_waits_for_its_torque(rig):
    """So that a slow host makes it slow, not shaky: of its own time 3 ms pass for each 10 ms without an answer."""
    r = rig("v4")
    r.loop.start()
    while not r.buses[0].queue.empty():
        r.loop.turn()

    class Stop:
        waits = 0

        def wait(self, seconds):
            self.waits += 1
            time.sleep(seconds)
            return self.waits > 50

    begin, moments = r.hand.time, time.monotonic()
    r.hand.run(Stop())
    assert 0.0 < r.hand.time - begin < 0.6 * (time.monotonic() - moments)
