from social_roi.solvers.markov import attribution_intervals


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return attribution_intervals(
        dbt.ref("int_bootstrap_credits").df(),
        dbt.ref("int_bootstrap_path_profiles").df(),
        dbt.ref("int_markov_transitions").df(),
        dbt.ref("int_markov_channels").df(),
        dbt.ref("int_bootstrap_totals").df(),
        replicates=int(dbt.config.meta_get("bootstrap_replicates")),
    )
