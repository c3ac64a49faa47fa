"""Losses and ages, by hand."""

import numpy as np

from dexsim2real_bringup.graph_figures import Count, Spread, Stream, lost, path_of_images

MS = 10**6


def stream(stamps, delay=0):
    times = np.array(stamps, np.int64) * MS
    return Stream(times, times + delay * MS)


def test_messages_between_two_counts_are_compared_with_what_came():
    heard = stream([10, 20, 30, 50])  # 40 never came
    assert lost(heard, Count(10 * MS, 100), Count(50 * MS, 104)) == (4, 1)
    assert lost(heard, Count(10 * MS, 100), Count(30 * MS, 102)) == (2, 0)


def test_what_came_before_the_measurement_does_not_count():
    later = stream([10, 20, 30], delay=5).since(10 * MS)
    assert later.stamps.tolist() == [20 * MS, 30 * MS]
    assert later.arrivals.tolist() == [25 * MS, 35 * MS]


def test_median_and_99th_percentile_are_in_milliseconds():
    assert Spread.of(np.arange(101) * MS) == Spread(50.0, 99.0)
    assert Spread.of(np.array([], np.int64)) is None


def test_the_way_of_an_image_is_the_sum_of_its_parts():
    camera = stream([0, 33, 66], delay=20)  # arrive at 20, 53, 86
    chunks = stream([60, 90], delay=8)  # observe at 60 and 90, arrive at 68 and 98
    commands = stream([70, 78, 102], delay=1)  # arrive at 71, 79, 103
    parts = path_of_images(camera, chunks, commands)
    # the first chunk saw the image of 33, the second that of 66; commands at 71 and 103 follow them
    medians = {name: spread.p50 for name, spread in parts.items()}
    assert medians["image: exposure to arrival"] == 20.0
    assert medians["image: arrival to observation"] == (7 + 4) / 2
    assert medians["policy: observation to chunk"] == 8.0
    assert medians["gate: chunk to the next command"] == (3 + 5) / 2
    assert medians["camera to command"] == (38 + 37) / 2
    assert medians.pop("camera to command") == sum(medians.values())


def test_a_chunk_before_any_image_or_after_the_last_command_is_left_out():
    parts = path_of_images(stream([50]), stream([10, 90]), stream([20]))
    assert parts["camera to command"] is None
