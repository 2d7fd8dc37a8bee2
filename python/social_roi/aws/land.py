"""Landing to S3 and Glue: as on DuckDB, then published."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from social_roi.aws.glue import move_table, object_keys, remove_prefixes, table_prefix
from social_roi.aws.settings import Settings, aws_errors, check_bucket
from social_roi.console import print_line
from social_roi.errors import UserError
from social_roi.landing.raw_tables import landed_columns


def land_to_s3(
    paths: Sequence[str],
    where: Settings,
    *,
    add: bool,
    max_rejected_share: float,
    mapping: Path | None = None,
    remove: Sequence[str] = (),
    rates: Path | None = None,
) -> None:
    """Land files as on DuckDB, then publish the raw tables to `<schema>_raw`.

    paths: local files and folders, and `s3://` objects and prefixes.
    Files that are landed already are copied inside S3, not read again. Raises UserError.
    """
    import boto3

    from social_roi.landing import land_files

    check_bucket(where)
    with aws_errors("landing to S3"), tempfile.TemporaryDirectory(prefix="social_roi-") as scratch:
        s3 = boto3.client("s3", region_name=where.region)
        landed_dir = Path(scratch) / "landed"
        former = _former_generation(where)
        if former:
            _mirror(s3, where.bucket, former, landed_dir)

        def fill(part: Path) -> None:
            inside = part.relative_to((landed_dir / "current").resolve()).as_posix()
            s3.download_file(where.bucket, f"{former}{inside}", str(part))

        given = _fetch_inputs(s3, paths, Path(scratch) / "inputs")
        with _named_as_given(given) as report:
            summary = land_files(
                list(given),
                landed_dir,
                add=add,
                max_rejected_share=max_rejected_share,
                mapping=mapping,
                remove=remove,
                rates=rates,
                # the folder is thrown away: the salt has to be told
                keeps_salt=False,
                fill=fill,
                report=report,
            )
        if former and not summary.changed:
            return
        generation = f"raw/{where.schema}/{(landed_dir / 'current').resolve().name}/"
        _upload(s3, where.bucket, landed_dir / "current", former, generation)
        _register_raw(where, generation)
        remove_prefixes(s3, where.bucket, f"raw/{where.schema}/", keep=(former, generation))


def _former_generation(where: Settings) -> str | None:
    """The prefix of the raw tables that readers see now, where landing wrote them."""
    location = table_prefix(f"{where.schema}_raw", "landed_files")
    if location is None or not location.startswith(f"raw/{where.schema}/"):
        return None
    return location.removesuffix("landed_files/")


def _mirror(s3: Any, bucket: str, former: str, landed_dir: Path) -> None:
    """The former generation as landing expects it, with empty files instead of its parts."""
    from social_roi.landing.names import path_below

    generation = path_below(landed_dir / "generations", former.split("/")[-2], former)
    for key in object_keys(s3, bucket, former):
        path = path_below(generation, key.removeprefix(former), f"s3://{bucket}/{key}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    s3.download_file(bucket, former + "manifest.json", str(generation / "manifest.json"))
    (landed_dir / "current").symlink_to(generation.relative_to(landed_dir))


def _fetch_inputs(s3: Any, paths: Sequence[str], folder: Path) -> dict[str, str]:
    """The inputs by local path; `s3://` objects are downloaded below the scratch folder."""
    from social_roi.landing.io_errors import reading
    from social_roi.landing.names import path_below

    given = {}
    for number, path in enumerate(paths):
        if not path.startswith("s3://"):
            given[path] = path
            continue
        bucket, _, key = path.removeprefix("s3://").partition("/")
        prefix = f"{key.rstrip('/')}/" if key else ""
        found = [one for one in object_keys(s3, bucket, key) if not one.endswith("/")]
        keys = [key] if key in found else [one for one in found if one.startswith(prefix)]
        if not keys:
            raise UserError(f"{path}: nothing found; give an object or a prefix with files")
        target = folder / f"{number:04}"
        for one in keys:
            inside = Path(one).name if one == key else one.removeprefix(prefix)
            local = path_below(target, inside, f"s3://{bucket}/{one}")
            with reading(f"s3://{bucket}/{one}"):
                local.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, one, str(local))
        given[str(target / Path(key).name if key in found else target)] = path.rstrip("/")
    return given


@contextmanager
def _named_as_given(given: Mapping[str, str]) -> Iterator[Callable[[str], None]]:
    """Messages and errors that name files as the user gave them. Raises UserError."""

    def renamed(message: str) -> str:
        for local, name in given.items():
            message = message.replace(local, name)
        return message

    try:
        yield lambda line: print_line(renamed(line))
    except UserError as error:
        raise UserError(renamed(str(error))) from error


def _upload(s3: Any, bucket: str, current: Path, former: str | None, generation: str) -> None:
    for path in sorted(current.resolve().rglob("*")):
        if not path.is_file():
            continue
        inside = path.relative_to(current.resolve()).as_posix()
        if path.stat().st_size:
            s3.upload_file(str(path), bucket, generation + inside)
        else:
            source = {"Bucket": bucket, "Key": f"{former}{inside}"}
            s3.copy(source, bucket, generation + inside)


def _register_raw(where: Settings, generation: str) -> None:
    # landed_files comes last: its location says which generation is the current one
    for table, columns in landed_columns().items():
        types = {name: "string" if kind == "text" else kind for name, kind in columns.items()}
        location = f"s3://{where.bucket}/{generation}{table}/"
        move_table(f"{where.schema}_raw", table, types, location)
