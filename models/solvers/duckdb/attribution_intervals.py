from social_roi.solvers.markov import attribution_intervals


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return attribution_intervals(
        dbt.ref("int_attribution_buckets").df(),
        dbt.ref("int_path_parts").df(),
        dbt.ref("int_channel_edges").df(),
        dbt.ref("int_channels").df(),
        dbt.ref("int_attribution_totals").df(),
        replicates=int(dbt.config.meta_get("bootstrap_replicates")),
    )
