import numpy as np
import pytest

from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.identify.tracking import read_tracking

HEADER = "arm_joint_2_rad,time_s,arm_joint_2_target_rad,note"


def table(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return path


def test_columns_are_found_by_name(tmp_path):
    trace = read_tracking(table(tmp_path, f"{HEADER}\n1,0.0,2,9\n3,0.5,4,9\n"))
    assert trace[POSITION].labels == ("arm_joint_2",)
    assert trace[POSITION].values.tolist() == [[1.0], [3.0]]
    assert trace[COMMAND].values.tolist() == [[2.0], [4.0]]
    assert np.diff(trace[COMMAND].stamps).tolist() == [500_000_000]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time_s,q\n0,1\n", "no column such as arm_joint_1_rad"),
        ("time_s,arm_joint_1_rad\n0,1\n", "no column arm_joint_1_target_rad"),
        (f"{HEADER}\n1,0,1,1\n1,0,1,1\n", "time does not increase in row 2"),
        (f"{HEADER}\n1,0,nan,1\n", "not finite"),
        (f"{HEADER}\n1,a,1,1\n", "not a table of numbers"),
        (f"{HEADER}\n", "a header and no rows"),
    ],
)
def test_a_bad_table_is_one_line(tmp_path, text, said):
    with pytest.raises(DexSim2RealError, match=said) as error:
        read_tracking(table(tmp_path, text))
    assert "\n" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(DexSim2RealError, match="cannot read"):
        read_tracking(tmp_path / "none.csv")
