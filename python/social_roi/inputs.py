"""Which files are landed of the paths that a user gives, and under which names.

Not part of `landing`, whose libraries take longer to import than a build with nothing new may take.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from social_roi.errors import UserError

SUFFIXES = (
    *(".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet"),
    *(".xlsx", ".xls", ".json", ".json.gz", ".jsonl", ".jsonl.gz"),
)
MAPPING = "mapping.yml"
# In the build folder: what came from the platforms' interfaces.
PULLED = "pulled"


NAMED = 10  # files passed over that are named


def find_inputs(
    paths: Sequence[Path], landed_dir: Path, report: Callable[[str], None]
) -> dict[str, Path]:
    """Files by the name they are landed under: relative to what was given, with slashes.

    Raises UserError for a path that is not there, a folder without files to land, and two files
    that would have the same name.
    """
    named: dict[str, Path] = {}
    # a build's own Parquet and JSON, and what was pulled unless it is given itself
    build = landed_dir.resolve().parent
    own, pulled = {landed_dir.resolve(), build / "dbt"}, build / PULLED
    for given in paths:
        try:
            given.stat()
        except OSError as error:
            raise UserError(f"{given}: {error.strerror}; check the path") from error
        if given.is_dir():
            root = given
            found = [path for path in sorted(given.rglob("*")) if _is_visible(path, given)]
            is_pulled = given.resolve().is_relative_to(pulled)
            hidden = own if is_pulled else own | {pulled}
            found = [path for path in found if not hidden.intersection(path.resolve().parents)]
            files = [path for path in found if path.name.lower().endswith(SUFFIXES)]
            others = [path for path in found if path not in files and path.name != MAPPING]
            if others := [str(path.relative_to(given)) for path in others]:
                more = len(others) - NAMED
                named_others = ", ".join(others[:NAMED]) + (f" and {more} more" if more > 0 else "")
                report(f"{given}: passed over {named_others} (not {', '.join(SUFFIXES)})")
            if not files:
                raise UserError(f"{given}: no files to land; expected {', '.join(SUFFIXES)}")
        else:
            root, files = given.parent, [given]
        for path in files:
            name = path.relative_to(root).as_posix()
            if not name.isprintable():
                raise UserError(f"{str(path)!a}: the name cannot be written as text; rename it")
            other = named.setdefault(name, path)
            if other.resolve() != path.resolve():
                raise UserError(
                    f"{other} and {path} would both be landed as {name}; "
                    "rename one, or give the folder above them"
                )
    by_file: dict[Path, str] = {}
    for name, path in named.items():
        if (other := by_file.setdefault(path.resolve(), name)) != name:
            raise UserError(f"{path}: given twice, as {name} and as {other}; give it once")
    return named


def mapping_of(name: str, path: Path) -> Path | None:
    """The nearest mapping file beside a file or above it, within what was given to land.

    name: under which the file is landed, relative to what was given.
    """
    levels = [path.parent, *path.parent.parents][: name.count("/") + 1]
    return next((level / MAPPING for level in levels if (level / MAPPING).is_file()), None)


def _is_visible(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden
