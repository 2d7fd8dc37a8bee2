import re

from social_roi.solvers.forecast import forecast


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    periods = re.findall(r"\d+", str(dbt.config.meta_get("forecast_days")))
    return forecast(dbt.ref("int_daily_returns").df(), [int(period) for period in periods])
