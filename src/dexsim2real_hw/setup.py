"""Build of dexsim2real_hw by colcon; pip installs all packages from the root pyproject.toml."""

from setuptools import find_packages, setup

NAME = "dexsim2real_hw"
DATA = ("yaml", "json", "xml", "html", "npz", "png", "onnx", "pt", "csv")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", *(f"**/*.{kind}" for kind in DATA)]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/urdf", ["urdf/cell.ros2_control.xacro", "urdf/cell_control.urdf.xacro"]),
        (f"share/{NAME}/config", ["config/controllers_real.yaml", "config/controllers_twin.yaml"]),
    ],
    entry_points={
        "console_scripts": [
            f"hardware_node = {NAME}.hardware_node:main",
            f"safety_gate_node = {NAME}.safety_gate_node:main",
            f"ros2_control_bridge_node = {NAME}.ros2_control_bridge_node:main",
        ]
    },
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # makes colcon test use pytest
    zip_safe=True,
    maintainer="DexSim2Real maintainers",
    maintainer_email="maintainers@dexsim2real.org",
    description="Arm and hand drivers, ros2_control configuration and the safety gate.",
    license="Apache-2.0",
)
