"""The dbt project travels inside the wheel, as social_roi/project; else see pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PROJECT = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "data-tests")


class WithProject(build_py):
    """The package's modules and, where it is not installed in place, the dbt project."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        inside = Path(self.build_lib) / "social_roi" / "project"
        shutil.rmtree(inside, ignore_errors=True)
        inside.mkdir(parents=True)
        for name in PROJECT:
            copy = shutil.copytree if Path(name).is_dir() else shutil.copyfile
            copy(name, inside / name)


# not in build/, where the project's own output is
setup(cmdclass={"build_py": WithProject}, options={"build": {"build_base": "target/wheel"}})
