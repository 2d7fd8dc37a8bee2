"""Error rates of what the answers claim: python bench/error_rates.py [--sets 2000] [--only WORD].

Simulates projects and users whose truth is known, gives them to the project's own formulas and
sentences, and counts what is false, beside the same with the formulas in use before. Prints a table
and writes build/bench/error_rates.json. --only: the checks whose name holds the word. Fixed seed.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any

from lib import rates_of_money, rates_of_reports, rates_of_users, results
from lib.rates import holds

CHECKS: tuple[Callable[[int, int], Iterable[dict[str, Any]]], ...] = (
    rates_of_money.interval_of_roi,
    rates_of_money.sure_losers,
    rates_of_money.highest_of_many,
    rates_of_money.sentences,
    rates_of_money.young_ads,
    rates_of_money.openers,
    rates_of_money.assumed_costs,
    rates_of_users.invented_kinds,
    rates_of_users.planted_kinds,
    rates_of_users.funnel_differences,
    rates_of_users.funnel_answers,
    rates_of_users.ad_differences,
    rates_of_users.audience_differences,
    rates_of_reports.reported_returns,
    rates_of_reports.reported_clicks,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["SOCIAL_ROI_BUILD"] = str(results.FOLDER / "error_rates")
    found = []
    for check in CHECKS:
        if options.only not in check.__name__:
            continue
        for rate in check(options.seed, options.sets):
            before = "-" if rate["before"] is None else f"{rate['before']:.1%}"
            print(
                f"{rate['claim']:<52}{rate['where']:<54}{before:>8}{rate['now']:>8.1%}"
                f"  {rate['goal']}{'' if holds(rate) else '  outside the goal'}",
                flush=True,
            )
            found.append(rate | {"holds": holds(rate)})
    results.write("error_rates", {**vars(options), "rates": found})


if __name__ == "__main__":
    results.run(main)
