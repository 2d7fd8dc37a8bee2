"""What has landed, file by file, as the manifest keeps it, and what these files say together."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from social_roi.errors import UserError
from social_roi.landing.formats import KnownOrder

FEW_RECORDS = 20


@dataclass(frozen=True)
class Landed:
    """One landed table, as the manifest keeps it. file: where it is. name: also tells the sheet,
    if several of a workbook are landed.

    unusable: rejected records and rows that staging will reject, without total rows. worst: their
    commonest reasons, with examples. columns: as in the file, by name. is_order_open: its dates fit
    both orders; then date_order_like is the file whose order they were given, if any. salt: the
    mark of the one that its persons were hashed with.
    """

    name: str
    file: str
    digest: str
    format: int
    raw_table: str
    rows: int
    rejected: int
    total_rows: int
    unusable: int
    worst: str
    message: str
    columns: str = ""
    date_order: str | None = None
    is_order_open: bool = False
    date_order_like: str = ""
    warnings: tuple[str, ...] = ()
    salt: str = ""


def read_manifest(current: Path) -> dict[str, Landed]:
    path = current / "manifest.json"
    if not path.exists():
        return {}
    entries = json.loads(path.read_text("utf-8"))
    # those of an older version are landed anew
    entries = [entry | {"file": entry.get("file", entry["name"])} for entry in entries]
    landed = [Landed(**entry) for entry in entries]
    return {one.name: replace(one, warnings=tuple(one.warnings)) for one in landed}


def similar_order(
    name: str, raw_table: str, columns: str, others: Iterable[Landed]
) -> KnownOrder | None:
    """The date order that files with the same columns show, of those with the same name but other
    digits if there are any. None if no other file shows one, or if they differ."""
    similar = [
        file
        for file in others
        if file.name != name
        and (file.raw_table, file.columns) == (raw_table, columns)
        and file.date_order in ("m-d-y", "d-m-y")
    ]
    similar = [file for file in similar if not file.is_order_open] or [
        file for file in similar if file.date_order_like
    ]
    series = re.sub(r"\d+", "0", name)
    nearest = [file for file in similar if re.sub(r"\d+", "0", file.name) == series] or similar
    orders = {file.date_order for file in nearest}
    return KnownOrder(str(nearest[0].date_order), nearest[0].name) if len(orders) == 1 else None


def similar_orders(files: Mapping[str, Landed]) -> dict[str, KnownOrder]:
    """The order that similar files show, of those whose dates fit both and were read without it."""
    found = {
        file.name: similar_order(file.name, file.raw_table, file.columns, files.values())
        for file in files.values()
        if file.is_order_open
    }
    return {
        name: similar
        for name, similar in found.items()
        if similar
        and (files[name].date_order != similar.date_order or not files[name].date_order_like)
    }


def check_share(files: Sequence[Landed], limit: float) -> None:
    """Raises UserError when too much of one file, or of all, cannot be used."""

    def share(files: Sequence[Landed]) -> tuple[int, int, float]:
        unusable = sum(file.unusable for file in files)
        records = sum(file.rows + file.rejected - file.total_rows for file in files)
        return unusable, records, unusable / max(records, 1)

    # a few records of a small file say little about it, unless they are all it has
    suspects = [
        [file]
        for file in files
        if file.rows + file.rejected >= FEW_RECORDS or share([file])[2] == 1
    ]
    for group in [*suspects, files]:
        unusable, records, part = share(group)
        if part > limit:
            worst = max(group, key=lambda file: file.unusable)
            told = f"{unusable:,} of {records:,} records"
            shares = f"({part:.1%}, at most {limit:.1%} allowed)"
            what = (
                f"{told} of all files cannot be used {shares}, most of them in {worst.name}"
                if len(group) > 1
                else f"{worst.name}: {told} cannot be used {shares}"
            )
            raise UserError(
                f"{what}: {worst.worst}; nothing was replaced: correct the file or allow more with "
                "--max-rejected-share"
            )
