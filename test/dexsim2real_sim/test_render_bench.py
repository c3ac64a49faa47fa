"""The rendering benchmark gives a row per size, each with both rates."""

from dexsim2real_sim.render_bench import bench_rendering


def test_a_row_per_size():
    rows = list(bench_rendering("pick_place", sizes=((16, 16), (32, 48)), seconds=0.05))
    assert [row["image"] for row in rows] == ["16 x 16", "48 x 32"]
    for row in rows:
        assert row["task"] == "pick_place"
        assert row["frames/s"] > 0
        assert row["env steps/s with images"] > 0
