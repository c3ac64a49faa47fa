from pathlib import Path

from dexsim2real_hw.gate import LIMITS

DOCS = Path(__file__).parents[3] / "docs" / "safety_gate.md"


def test_every_limit_is_documented_with_unit_and_action():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCS.read_text().splitlines()]
    table = {row[0]: (row[1], row[3]) for row in rows if len(row) == 4 and row[0] in LIMITS}
    assert table == {name: (limit.unit, limit.action.value) for name, limit in LIMITS.items()}
