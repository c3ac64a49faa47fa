from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_policy.blending import ChunkBlender
from dexsim2real_policy.contract import Chunking


def chunk(*rows: float) -> np.ndarray:
    return np.array(rows, dtype=float)[None, :, None]


def test_the_first_chunk_is_followed_as_it_is():
    assert ChunkBlender(Chunking(3)).blend(chunk(1, 2, 3), 1).ravel().tolist() == [1, 2, 3]


def test_weights_grow_with_age_as_in_act():
    blender = ChunkBlender(Chunking(3, decay=0.5))
    blender.blend(chunk(0, 10, 20), 1)
    blender.blend(chunk(0, 40, 0), 1)
    # step 0 now: the first chunk said 20, the second 40, the newest 70; ages 2, 1, 0
    now = (20 * exp(1.0) + 40 * exp(0.5) + 70) / (exp(1.0) + exp(0.5) + 1)
    # step 1: the second said 0, the newest 80; step 2: only the newest knows
    assert blender.blend(chunk(70, 80, 90), 1).ravel() == pytest.approx([now, 80 / (exp(0.5) + 1), 90])


def test_steps_between_observations_shift_the_overlap():
    blender = ChunkBlender(Chunking(4, decay=0.0))
    blender.blend(chunk(0, 0, 6, 8), 2)
    # two steps later the old chunk still says 6 and 8: means with 2 and 4
    assert blender.blend(chunk(2, 4, 5, 5), 2).ravel().tolist() == [4, 6, 5, 5]
    # a missed call: four steps later nothing of the first is left, and nothing of the second
    assert blender.blend(chunk(1, 1, 1, 1), 4).ravel().tolist() == [1, 1, 1, 1]


def test_newest_ignores_the_past():
    blender = ChunkBlender(Chunking(2, blend="newest"))
    blender.blend(chunk(0, 100), 1)
    assert blender.blend(chunk(3, 4), 1).ravel().tolist() == [3, 4]


def test_reset_of_one_robot_leaves_the_others():
    blender = ChunkBlender(Chunking(2, decay=0.0))
    blender.blend(np.array([[[0.0], [10.0]], [[0.0], [10.0]]]), 1)
    blender.reset(np.array([True, False]))
    blended = blender.blend(np.array([[[20.0], [20.0]], [[20.0], [20.0]]]), 1)
    assert blended[:, 0, 0].tolist() == [20, 15]
    blender.reset()
    assert blender.blend(np.zeros((1, 2, 1)), 1).shape == (1, 2, 1)  # another batch is fine after that


@given(
    chunks=st.lists(st.lists(st.floats(-3, 3), min_size=5, max_size=5), min_size=1, max_size=8),
    decay=st.floats(-1, 1),
    steps=st.integers(1, 5),
)
def test_a_blend_never_leaves_the_range_of_its_chunks(chunks: list[list[float]], decay: float, steps: int):
    blender = ChunkBlender(Chunking(5, decay=decay))
    for rows in chunks:
        blended = blender.blend(chunk(*rows), steps)
    assert blended.min() >= np.min(chunks) - 1e-9
    assert blended.max() <= np.max(chunks) + 1e-9
