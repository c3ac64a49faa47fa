"""Build of dexsim2real_bringup by colcon; pip installs all packages from the root pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = "dexsim2real_bringup"
DATA = ("yaml", "json", "xml", "html", "npz", "png", "onnx", "pt", "csv")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", *(f"**/*.{kind}" for kind in DATA)]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", sorted(str(path) for path in Path("launch").glob("*.launch.py"))),
        (f"share/{NAME}/rviz", ["rviz/operator.rviz", "rviz/operator.foxglove.json"]),
    ],
    entry_points={
        "console_scripts": [f"marker_node = {NAME}.marker_node:main", "dexsim2real = dexsim2real_bringup.cli:main"]
    },
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # makes colcon test use pytest
    zip_safe=True,
    maintainer="DexSim2Real maintainers",
    maintainer_email="maintainers@dexsim2real.org",
    description="Graph description, launch files, configuration, RViz, command line, doctor.",
    license="Apache-2.0",
)
