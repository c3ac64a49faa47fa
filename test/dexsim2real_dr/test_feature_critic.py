"""The feature critic with tiny networks of known features."""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.critics.critic import Evidence
from dexsim2real_dr.critics.features import FeatureCritic

onnx = pytest.importorskip("onnx", reason="needs the extra 'train'")
pytest.importorskip("onnxruntime", reason="needs the extra 'policy'")


def network(file, operator="GlobalAveragePool", shape=("n", 3, 16, 16), kind=onnx.TensorProto.FLOAT):
    """Writes a network that gives the mean of each channel, (N, 3), or what another operator makes of the input."""
    helper = onnx.helper
    nodes = [helper.make_node(operator, ["x"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["y"])]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, None)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file.write_bytes(model.SerializeToString())
    return file


def tinted(*rgb):
    return Evidence(np.tile(np.array(rgb, np.uint8), (2, 24, 32, 1)), ("front", "front"))


def test_scores_follow_the_angle_between_features(tmp_path):
    critic = FeatureCritic(network(tmp_path / "net.onnx"))
    candidates = [tinted(200, 60, 60), tinted(200, 80, 60), tinted(200, 140, 60), tinted(60, 60, 200)]
    values = critic.score(candidates, tinted(200, 60, 60)).values
    assert values[0] == pytest.approx(10)
    assert (np.diff(values) < 0).all()
    # by hand: unit features u, v of the second pair; the references do not spread, so distance = (1 - u v) / 0.01
    u, v = ((np.array(c) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225] for c in ((200, 60, 60), (200, 80, 60)))
    cosine = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
    assert values[1] == pytest.approx(1 + 9 * 2 ** (-(1 - cosine) / 0.01 / 3), rel=1e-4)


def test_a_network_of_any_size_and_another_file_another_name(tmp_path):
    fixed = FeatureCritic(network(tmp_path / "a.onnx"))
    free = FeatureCritic(network(tmp_path / "b.onnx", shape=("n", 3, "h", "w")))
    assert free.score([tinted(9, 99, 9)], tinted(9, 99, 9)).values[0] == pytest.approx(10)
    assert fixed.name != free.name


@pytest.mark.parametrize("change", [{"shape": ("n", 1, 16, 16)}, {"shape": ("n", 3)}])
def test_networks_that_take_no_pictures_are_refused(tmp_path, change):
    with pytest.raises(DexSim2RealError, match=r"expected one float input of shape \(N, 3, H, W\)"):
        FeatureCritic(network(tmp_path / "net.onnx", "Relu", **change))


def test_files_that_are_no_network_are_refused(tmp_path):
    with pytest.raises(DexSim2RealError, match="cannot read"):
        FeatureCritic(tmp_path / "missing.onnx")
    (tmp_path / "bad.onnx").write_text("no")
    with pytest.raises(DexSim2RealError, match="not a network"):
        FeatureCritic(tmp_path / "bad.onnx")


def test_features_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(DexSim2RealError, match="finite features"):
        FeatureCritic(network(tmp_path / "net.onnx", "Sqrt")).score([tinted(0, 0, 0)], tinted(0, 0, 0))
