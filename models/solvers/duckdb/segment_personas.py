from social_roi.solvers.personas import describe_segments


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    return describe_segments(
        dbt.ref("segment_centroids").df(),
        dbt.ref("segment_selection").df(),
        dbt.ref("int_segment_sample").df(),
    )
