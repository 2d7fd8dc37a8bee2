"""The confidence limits of macros/roi.sql, for sums that a simulation made."""

from functools import cache

import duckdb
import pandas as pd

from social_roi.dbt_runner import run_dbt

SQL = """
select * exclude (row) from (
    select {{ gamma_limits('revenue', 'squares', 'one_more') }}, row
    from (select *, {{ pooled_squares() }} as squares, {{ one_more_buyer() }} as one_more from sums)
)
order by row
"""


def revenue_limits(sums: pd.DataFrame) -> pd.DataFrame:
    """revenue_low, revenue_high, revenue_low_90 and revenue_high_90 of each row.

    sums: revenue, revenue_squared, converting_users and largest_revenue of the row, and the first
    three of all buyers with the prefix all_.
    """
    with duckdb.connect() as con:
        con.register("sums", sums.assign(row=range(len(sums))))
        return con.execute(_compiled()).df()


@cache
def _compiled() -> str:
    command = ["compile", "--inline", SQL]
    return run_dbt(command, "duckdb", {"input": "landed"}).results[0].node.compiled_code
