"""Write the page and the figures in a process of its own: `python -m social_roi.report.publish`.

It imports what it needs while dbt builds, and begins when a line on its standard input says so.
Arguments: target and input.
"""

import sys

from social_roi.errors import UserError
from social_roi.run import Run


def main(target: str, input_name: str) -> int:
    """Returns 0, also when no line arrives, or 2 with one line on standard error."""
    from social_roi import outputs
    from social_roi.report import build, figures  # noqa: F401 they take seconds to import

    if not sys.stdin.readline():
        return 0
    run = Run(target, input_name, {})
    try:
        outputs.write_outputs(run)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
