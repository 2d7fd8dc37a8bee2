from social_roi.solvers.markov import removal_effects


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return removal_effects(dbt.ref("int_channel_edges").df(), dbt.ref("int_channels").df())
