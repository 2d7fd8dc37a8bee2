"""Only functions that Athena engine 3 has: a local Trino may be newer than Athena."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot.tokens import TokenType

from social_roi.dbt_runner import build_dir, dbt_target_path

ALLOWED = Path(__file__).with_name("athena_functions.txt")

# Words that stand before a bracket without being functions.
SYNTAX = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "by",
        "case",
        "cross",
        "decimal",
        "else",
        "end",
        "except",
        "exists",
        "filter",
        "from",
        "grouping",
        "having",
        "in",
        "intersect",
        "join",
        "listed",
        "not",
        "null",
        "on",
        "or",
        "over",
        "partition",
        "row",
        "select",
        "sets",
        "then",
        "union",
        "using",
        "values",
        "varchar",
        "when",
        "where",
        "with",
        "within",
    ]
)


def allowed() -> set[str]:
    lines = ALLOWED.read_text().splitlines()
    return {name for line in lines if not line.startswith("#") for name in line.split()}


def functions(sql: str) -> set[str]:
    """Names before an opening bracket, less words of the syntax, types and aliases (after `as`)."""
    tokens = sqlglot.tokenize(sql, read="trino")
    names = set()
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        name = token.text.lower()
        is_called = after.token_type == TokenType.L_PAREN and before.text.lower() != "as"
        if is_called and name.isidentifier() and name not in SYNTAX:
            names.add(name)
    return names


def test_models_and_tests_use_listed_functions_only(demo_on_athena: None) -> None:
    compiled = dbt_target_path(build_dir(), "athena", "demo") / "compiled" / "social_roi"
    files = sorted(compiled.rglob("*.sql"))
    assert len(files) > 100
    unknown = {
        f"{path.relative_to(compiled)}: {name}"
        for path in files
        for name in functions(path.read_text()) - allowed()
    }
    assert not unknown


@pytest.mark.parametrize(
    "sql", ["select list_sort(x) from t", "select case when epoch_ms(1) > 0 then 1 end"]
)
def test_a_function_of_one_engine_only_is_found(sql: str) -> None:
    assert functions(sql) - allowed()
