import re

import pytest
from matplotlib.figure import Figure

from dexsim2real_audit.report import Section, save_report
from dexsim2real_description import DexSim2RealError


def sections():
    figure = Figure()
    figure.subplots().plot([0, 1], [0, 1])
    rows = [{"joint": "arm_joint_1", "error": 0.123456}, {"joint": "arm_joint_2", "error": None}]
    return [
        Section("Errors", "First.\n\nSecond <b>.", rows),
        Section("Torque over time", figure=figure, caption="Torque"),
    ]


def test_one_file_with_everything_in_it(tmp_path):
    save_report(tmp_path / "r.html", "Title & more", "All <fine>", sections())
    page = (tmp_path / "r.html").read_text()
    assert "<h1>Title &amp; more</h1>" in page
    assert "All &lt;fine&gt;" in page
    assert "<p>First.</p>" in page
    assert '<td class="number">0.1235</td>' in page
    assert "<td>–</td>" in page
    assert page.count("data:image/png;base64,") == 1
    assert not re.search(r"(src|href)=\"(?!data:)", page)  # nothing is loaded from elsewhere
    png = (tmp_path / "r_plots" / "torque_over_time.png").read_bytes()
    assert png.startswith(b"\x89PNG")


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        save_report(tmp_path / "file" / "r.html", "", "", [])
