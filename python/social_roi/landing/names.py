"""Names from outside, such as object keys of a bucket, as local paths."""

from pathlib import Path

from social_roi.errors import UserError


def path_below(folder: Path, name: str, shown: str) -> Path:
    """The path of a name with slashes below a folder, and nowhere else.

    shown: the whole name, for the message. Raises UserError for a name that would leave the folder
    (`../x`, `/x`) or be the same path as another name (`a//x` and `a/./x` are `a/x`).
    """
    if not name.isprintable():
        raise UserError(f"{shown!a}: the name cannot be written as text; rename or remove it")
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise UserError(
            f"{shown}: a part of the name is empty, '.' or '..', which would be a path outside its "
            "folder or that of another name; rename or remove it"
        )
    return folder / name
