import sys

import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.optional import require


def test_what_is_there_is_imported():
    assert require("json", "bag").loads("[1]") == [1]


def test_what_is_missing_names_the_extra():
    with pytest.raises(DexSim2RealError, match=r"'no_such_package'.*pip install 'dexsim2real\[bag\]'"):
        require("no_such_package.part", "bag")


def test_what_is_there_but_broken_gives_the_hint(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("raise ImportError('libmissing.so.0: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_package", raising=False)
    with pytest.raises(DexSim2RealError, match=r"libmissing\.so\.0.*install libmissing0"):
        require("broken_package", "bag", "install libmissing0")
