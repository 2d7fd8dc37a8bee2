from social_roi.solvers.markov import removal_effects


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return removal_effects(dbt.ref("int_markov_transitions").df(), dbt.ref("int_markov_channels").df())
