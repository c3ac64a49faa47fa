"""Build of dexsim2real_bringup by colcon; pip installs all packages from the root pyproject.toml."""

from setuptools import find_packages, setup

NAME = "dexsim2real_bringup"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", "config/*.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="DexSim2Real maintainers",
    maintainer_email="maintainers@dexsim2real.org",
    description="Graph description, launch files, configuration, RViz, command line, doctor.",
    license="Apache-2.0",
)
