from social_roi.solvers.segments import fit_centroids


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    features = dbt.config.meta_get("segment_features")
    return fit_centroids(
        dbt.ref("int_segment_sample").df(), dbt.ref("segment_selection").df(), features=features
    )
