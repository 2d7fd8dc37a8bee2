"""The small tables that each solver reads and writes: Athena's counterpart of models/solvers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from social_roi.solvers.budget import Elasticity, advise, rule_model
from social_roi.solvers.forecast import forecast
from social_roi.solvers.markov import attribution_intervals, removal_effects
from social_roi.solvers.personas import describe_segments
from social_roi.solvers.segments import fit_centroids, select_segments

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]


@dataclass(frozen=True)
class Solver:
    """Inputs from the marts schema; steps in order, each fed by the inputs and earlier steps."""

    inputs: tuple[str, ...]
    steps: Mapping[str, Callable[[Frames, Mapping[str, Any]], "pd.DataFrame"]]


SOLVERS = {
    "segments": Solver(
        inputs=("int_segment_sample",),
        steps={
            "segment_selection": lambda frames, options: select_segments(
                frames["int_segment_sample"],
                features=options["segment_features"],
                forced_k=options["force_segments"] or None,
            ),
            "segment_centroids": lambda frames, options: fit_centroids(
                frames["int_segment_sample"],
                frames["segment_selection"],
                features=options["segment_features"],
            ),
            "segment_personas": lambda frames, options: describe_segments(
                frames["segment_centroids"],
                frames["segment_selection"],
                frames["int_segment_sample"],
            ),
        },
    ),
    "attribution": Solver(
        inputs=(
            "int_markov_transitions",
            "int_markov_channels",
            "int_bootstrap_credits",
            "int_bootstrap_path_profiles",
            "int_bootstrap_totals",
        ),
        steps={
            "removal_effects": lambda frames, options: removal_effects(
                frames["int_markov_transitions"], frames["int_markov_channels"]
            ),
            "attribution_intervals": lambda frames, options: attribution_intervals(
                frames["int_bootstrap_credits"],
                frames["int_bootstrap_path_profiles"],
                frames["int_markov_transitions"],
                frames["int_markov_channels"],
                frames["int_bootstrap_totals"],
                replicates=options["bootstrap_replicates"],
            ),
        },
    ),
    "forecast": Solver(
        inputs=("int_daily_returns",),
        steps={
            "forecasts": lambda frames, options: forecast(
                frames["int_daily_returns"], options["forecast_days"]
            ),
        },
    ),
    "budget": Solver(
        inputs=("int_weekly_returns",),
        steps={
            "budget_advice": lambda frames, options: advise(
                frames["int_weekly_returns"],
                rule_model(options["attribution_model"]),
                bound=options["budget_bound"],
                elasticity=Elasticity.of(options["budget_elasticity"]),
            ),
        },
    ),
}


def run_solver(solver: Solver, inputs: Frames, options: Mapping[str, Any]) -> Frames:
    """All result tables of one solver, by name. options: the dbt variables that solvers read."""
    frames = dict(inputs)
    results = {}
    for table, step in solver.steps.items():
        results[table] = frames[table] = step(frames, options)
    return results


def solved_tables() -> list[str]:
    """Every table that a solver writes."""
    return [table for solver in SOLVERS.values() for table in solver.steps]
