"""The other tools, in an environment of their own: python bench/lib/peers.py TOOL SESSIONS RESULT.

Writes steps and conversions by model and channel as JSON. Models that mean the same as ours carry
our names.
"""

import json
import sys
from pathlib import Path

from meter import Step, measure

Answers = dict[str, dict[str, float]]


def channel_attribution(sessions: str, steps: list[Step]) -> Answers:
    import ChannelAttribution
    import pandas as pd

    def paths() -> pd.DataFrame:
        touches = pd.read_parquet(sessions)
        by_journey = touches.groupby("journey", sort=False)
        journeys = pd.DataFrame(
            {
                "path": by_journey["ad_platform"].agg(" > ".join).astype(object),
                "conversions": by_journey["is_conversion"].sum().astype(int),
                "revenue": by_journey["revenue"].sum(),
            }
        )
        journeys["nulls"] = 1 - journeys["conversions"]
        # the format of its manual: one row per path
        return journeys.groupby("path", as_index=False).sum()

    data = measure(steps, "touches to paths (pandas)", paths)
    rules = measure(
        steps,
        "first, last, linear",
        lambda: ChannelAttribution.heuristic_models(
            data, "path", "conversions", var_value="revenue", flg_pro=False
        ),
    )
    markov = measure(
        steps,
        "markov (simulated)",
        lambda: ChannelAttribution.markov_model(
            data,
            "path",
            "conversions",
            var_value="revenue",
            var_null="nulls",
            verbose=False,
            flg_pro=False,
        ),
    )
    columns = {
        "first_touch": (rules, "first_touch_conversions"),
        "last_touch": (rules, "last_touch_conversions"),
        "linear": (rules, "linear_touch_conversions"),
        "markov": (markov, "total_conversions"),
    }
    return {
        model: dict(zip(found["channel_name"], map(float, found[column]), strict=True))
        for model, (found, column) in columns.items()
    }


def marketing_attribution_models(sessions: str, steps: list[Step]) -> Answers:
    import polars as pl
    from mam import MAM

    journeys = measure(
        steps,
        "touches to paths (polars)",
        lambda: MAM(
            pl.read_parquet(sessions),
            format_type="session",
            channels_colname="ad_platform",
            journey_with_conv_colname="is_conversion",
            datetime_colname="touched_at",
            user_id_colname="journey",
        ),
    )
    runs = {
        "first_touch": journeys.run_first_click,
        "last_touch": journeys.run_last_click,
        "linear": journeys.run_linear,
        "position_based": journeys.run_position_based,
        "time_decay": journeys.run_time_decay,
        "markov_path": journeys.run_markov,
        "shapley of conversion rates": journeys.run_shapley,
    }
    return {
        model: {
            str(channel): float(credit)
            for channel, credit in measure(steps, model, run).to_polars().iter_rows()
        }
        for model, run in runs.items()
    }


TOOLS = {
    "ChannelAttribution": channel_attribution,
    "marketing-attribution-models": marketing_attribution_models,
}

if __name__ == "__main__":
    tool, sessions, result = sys.argv[1:]
    steps: list[Step] = []
    answers = TOOLS[tool](sessions, steps)
    Path(result).write_text(json.dumps({"steps": steps, "answers": answers}), "utf-8")
