"""What the figures mean: the descriptions of the dbt models, for the reader of the page."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import yaml

from social_roi.dbt_runner import PROJECT
from social_roi.landing.layouts import LOADER
from social_roi.report.types import Column, Spec

BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)
REFERENCE = re.compile(r"{{ *doc\('(\w+)'\) *}}")


class Definition(NamedTuple):
    """A model's description, and those of its columns by name."""

    model: str
    columns: Mapping[str, str]


@cache
def definition(model: str) -> Definition:
    """The descriptions of a model of the project, without the marks of Markdown."""
    path = next((PROJECT / "models").glob(f"**/{model}.yml"))
    (stated,) = yaml.load(path.read_text("utf-8"), LOADER)["models"]
    return Definition(
        _plain(stated["description"]),
        {one["name"]: _plain(one["description"]) for one in stated["columns"]},
    )


@cache
def _blocks() -> dict[str, str]:
    return dict(BLOCK.findall((PROJECT / "models" / "docs.md").read_text("utf-8")))


def _plain(description: str) -> str:
    filled = REFERENCE.sub(lambda found: _blocks()[found[1]], description)
    return " ".join(filled.replace("`", "").split())


def of_columns(model: str, columns: Iterable[Column]) -> list[tuple[str, str]]:
    """Label and description of each shown column that the model describes."""
    described = definition(model).columns
    return [
        (shown.label, described[shown.fields[0]].replace("Lower limit of the", "The", 1))
        for shown in columns
        if shown.fields[0] in described
    ]


def of_chart(model: str, spec: Spec) -> list[tuple[str, str]]:
    """Title and description of each quantity that a chart draws and the model describes."""
    described = definition(model).columns
    found: dict[str, str] = {}
    for field, title in _quantities(spec):
        if field in described and not field.endswith(("_low", "_high", "_low_80", "_high_80")):
            found.setdefault(field, title)
    return [(title, described[field]) for field, title in found.items()]


def _quantities(part: Any) -> Iterable[tuple[str, str]]:
    if isinstance(part, list):
        for item in part:
            yield from _quantities(item)
    elif isinstance(part, dict):
        if part.get("type") == "quantitative" and part.get("title") and "field" in part:
            yield part["field"], part["title"]
        for name, item in part.items():
            if name != "data":
                yield from _quantities(item)
