"""Build of dexsim2real_dr by colcon; pip installs all packages from the root pyproject.toml."""

from setuptools import find_packages, setup

NAME = "dexsim2real_dr"
DATA = ("yaml", "json", "xml", "html", "npz", "png", "onnx", "pt", "csv")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", *(f"**/*.{kind}" for kind in DATA)]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # makes colcon test use pytest
    zip_safe=True,
    maintainer="DexSim2Real maintainers",
    maintainer_email="maintainers@dexsim2real.org",
    description="Distributions, critics, FM-DR and baselines, curriculum, training, system identification.",
    license="Apache-2.0",
)
