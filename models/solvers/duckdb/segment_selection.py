from social_roi.solvers.segments import select_segments


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    features = dbt.config.meta_get("segment_features")
    forced_k = int(dbt.config.meta_get("force_segments")) or None
    return select_segments(dbt.ref("int_segment_sample").df(), features=features, forced_k=forced_k)
