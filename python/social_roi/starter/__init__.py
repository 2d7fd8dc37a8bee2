"""`social-roi init`: a small dbt project of one's own around the installed package."""

import re
from pathlib import Path

from social_roi.dbt_runner import PROJECT, link_package
from social_roi.errors import UserError

HERE = Path(__file__).parent
FILES = (
    *("README.md", "dbt_project.yml", "packages.yml", "mapping.example.yml", "gitignore"),
    *("macros/generate_schema_name.sql", "models/README.md"),
)


def write_project(folder: Path) -> list[Path]:
    """Write the project into a folder that is new or empty. Returns the files written.

    Raises UserError where there is something already, or it cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder}: there is something already; name a new or an empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        return _write(folder.resolve())
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror})") from error


def _write(folder: Path) -> list[Path]:
    words = {"__name__": _name(folder), "__package__": PROJECT.as_posix()}
    written = []

    def write(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(path)

    for name in FILES:
        text = (HERE / name).read_text("utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        write(".gitignore" if name == "gitignore" else name, text)
    write("profiles.yml", (PROJECT / "profiles.yml").read_text("utf-8"))
    # types and tests of these seeds are those that the package states for their names
    for path in sorted((PROJECT / "seeds" / "lookups").glob("*.csv")):
        write(f"seeds/lookups/{path.name}", path.read_text("utf-8"))
    (folder / "exports").mkdir()
    link_package(folder)
    return written


def _name(folder: Path) -> str:
    """A name for dbt from that of the folder, other than the package's."""
    name = re.sub(r"\W+", "_", folder.name.lower(), flags=re.ASCII).strip("_")
    name = name if re.match(r"[a-z]", name) else f"ads_{name}".rstrip("_")
    return f"{name}_ads" if name == "social_roi" else name
