from social_roi.solvers.budget import Elasticity, advise, rule_model


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return advise(
        dbt.ref("int_weekly_returns").df(),
        rule_model(dbt.config.meta_get("attribution_model")),
        bound=float(dbt.config.meta_get("budget_bound")),
        elasticity=Elasticity.of(dbt.config.meta_get("budget_elasticity")),
    )
