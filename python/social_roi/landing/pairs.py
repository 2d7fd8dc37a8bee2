"""Lists of keys and values in one cell, as columns of their own: `event_params.page_location`.

GA4's lists of structs, WooCommerce's and Shopify's lists of objects as JSON, and the lines
`key: value` of Shopify's Note Attributes.
"""

import json
import re
from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.layouts import Match
from social_roi.landing.sql import identifier, literal

LINE = re.compile(r"^\s*([\w.\[\] -]+?)\s*[:=]\s*(.*?)\s*$")


def with_pairs(con: duckdb.DuckDBPyConnection, cells: pa.Table, match: Match) -> pa.Table:
    """The cells, and one more column for each key that the layout names."""
    for cell, wanted in match.pairs().items():
        values = cells[cell]
        is_list = pc.fill_null(pc.starts_with(values, "["), False)
        found = _of_lists(con, pc.if_else(is_list, values, None), wanted)
        if not pc.all(pc.or_(is_list, pc.is_null(values))).as_py():
            others = pc.if_else(is_list, None, values).combine_chunks().dictionary_encode()
            texts = [_of_text(text) for text in others.dictionary.to_pylist()]
            for key, name in wanted.items():
                column = pa.array([text.get(key) for text in texts], pa.string())
                found[name] = pc.coalesce(found[name], column.take(others.indices))
        for name, column in found.items():
            cells = cells.append_column(name, column)
    return cells


def _of_lists(
    con: duckdb.DuckDBPyConnection, values: pa.ChunkedArray, wanted: Mapping[str, str]
) -> dict[str, pa.ChunkedArray]:
    """The values of each key in lists of `{key or name, value}`; of a struct its filled field."""
    con.register("lists", pa.table({"cell": values}))
    typed = ("string_value", "int_value", "double_value", "float_value")
    fields = ", ".join(f"one.value ->> '$.{name}'" for name in typed)
    columns = ", ".join(
        f"nullif(trim([one.text for one in pairs if one.name = {literal(key)}][1]), '')"
        f" as {identifier(name)}"
        for key, name in wanted.items()
    )
    table = con.sql(f"""
        select {columns}
        from (
            select
                [
                    struct_pack(
                        name := lower(coalesce(one.key, one.name)),
                        text := coalesce({fields}, one.value ->> '$')
                    )
                    for one in from_json(
                        case when json_valid(cell) then cell end,
                        '[{{"key": "VARCHAR", "name": "VARCHAR", "value": "JSON"}}]'
                    )
                ] as pairs
            from lists
        )
    """).to_arrow_table()
    return {name: table[name] for name in wanted.values()}


def _of_text(text: str) -> dict[str, str]:
    """Of an object in JSON, else of lines `key: value`; of each key the first."""
    found: dict[str, str] = {}
    if text.startswith("{"):
        try:
            items = json.loads(text, parse_int=str, parse_float=str).items()
        except (ValueError, RecursionError):
            return found
        return {key.lower(): str(value) for key, value in items if isinstance(value, str)}
    for line in re.split(r"[\r\n]+", text):
        if pair := LINE.match(line):
            found.setdefault(pair[1].lower(), pair[2])
    return {key: value for key, value in found.items() if value}
