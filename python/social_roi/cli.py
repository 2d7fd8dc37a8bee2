"""The command line `social-roi`."""

import argparse
import difflib
import errno
import os
import re
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from social_roi.console import discard_output
from social_roi.errors import DISK, UserError

# Options that are dbt variables of the same name: type, word for the value, help.
VARIABLES = {
    "attribution_model": (str, "MODEL", "the model behind the answers, such as linear"),
    "lookback_days": (int, "DAYS", "a touch counts for a conversion within this many days"),
    "half_life_days": (float, "DAYS", "time_decay: a touch this much older weighs half as much"),
    "gross_margin": (float, "SHARE", "the part of revenue that is left after the cost of goods"),
    "currency": (str, "CODE", "the project's currency, such as EUR"),
    "simulate": (str, "WHEN", "simulate missing money: auto, true or false"),
    "force_segments": (int, "K", "force K segments; the warning is kept"),
    "segment_sample_users": (int, "N", "sample size for clustering; all users are scored"),
    "max_rejected_share": (float, "SHARE", "stop when more than this share of rows is unusable"),
}
# Those of solvers/registry.py, which takes long to import.
SOLVER_NAMES = ("segments", "attribution", "forecast", "budget")

# As in pull/interfaces.yml.
PLATFORMS = ("meta", "google")
_ONE_OF = f"one or more of {', '.join(PLATFORMS)}"

DESCRIPTION = """\
From raw social-ad files to answers: which platform and campaign pays back, where people drop
out, which ad opened and which closed the journey, who responds, what kinds of users there are,
what the next four weeks bring, and where the next money should go.
"""

EXAMPLES = """\
examples:
  social-roi build                         the demo: invented data with a planted truth
  social-roi build --data exports/         your own files, from landing to the report
  social-roi build --pull meta google      pull from the platforms' interfaces, then build
  social-roi land exports/ --explain       what each file is taken for, before anything is landed
  social-roi land exports/ --add           land more files in addition to those landed
  social-roi answers                       print the answers of the last build again
  social-roi export answers.xlsx           the same, and all tables behind them, as a workbook
"""


# What an interrupt leaves: landing publishes last, dbt replaces one whole table after the other.
KEPT = (
    "what was landed, the tables that were finished and whole pages that were pulled are kept; the "
    "same command again goes on"
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest command or option, instead of the usage."""

    def error(self, message: str) -> NoReturn:
        unknown = re.search(r"unrecognized arguments: (-\S+)|argument COMMAND: .*?'(.*?)'", message)
        near: list[str] = []
        if unknown:
            known = self._option_string_actions if unknown[1] else _commands(self)
            near = difflib.get_close_matches(unknown[1] or unknown[2], known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        self.exit(2, f"{self.prog}: {message}{meant} ({self.prog} --help)\n")


def _commands(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands by name; none of a command itself."""
    return dict(root._subparsers._group_actions[0].choices) if root._subparsers else {}


class _Version(argparse.Action):
    """Looks up the version only for --version: the look-up is slow."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"social-roi {version('social-roi')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The whole command line; each subcommand explains itself with --help."""
    root = _Parser(
        prog="social-roi",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=summary)

    build = command("build", "From data to answers: land (with --data), build, solve, report.")
    _target(build)
    build.add_argument(
        "--data",
        nargs="+",
        type=_path,
        metavar="PATH",
        help="exports (CSV, XLSX, JSON, Parquet) or folders of them; without it the demo is built",
    )
    build.add_argument(
        "--pull",
        nargs="+",
        choices=PLATFORMS,
        default=[],
        metavar="PLATFORM",
        help="first pull from these platforms (meta, google); all that was pulled is landed, too",
    )
    build.add_argument(
        "--price-per-tb",
        type=float,
        default=5.0,
        metavar="PRICE",
        help="price of a terabyte scanned by Athena, for the cost estimate (default: 5)",
    )
    build.add_argument(
        "--force", action="store_true", help="build even if nothing has changed since the last one"
    )
    _title(build)
    _mapping(build)
    _settings(build, *VARIABLES)

    land = command("land", "Read raw files into the raw tables; replaces the files landed before.")
    land.add_argument("paths", nargs="*", type=_path, metavar="PATH", help="files or folders")
    land.add_argument(
        "--remove",
        action="append",
        default=[],
        metavar="NAME",
        help="remove this landed file (`social-roi status` names them); the others stay",
    )
    land.add_argument(
        "--add",
        action="store_true",
        help="keep the files landed before; one of the same name is replaced, unless it lacks days",
    )
    land.add_argument(
        "--explain",
        action="store_true",
        help="only say what each file is taken for, with its sums; nothing is landed",
    )
    _mapping(land)
    _target(land)
    _settings(land, "max_rejected_share")

    pull = command("pull", "Pull reports from a platform's interface; build --pull lands them too.")
    pull.add_argument("platforms", nargs="+", choices=PLATFORMS, metavar="PLATFORM", help=_ONE_OF)
    for option, what in (
        ("--since", "the first day (default: where the last pull ended, less 28 days)"),
        ("--until", "the last day (default: yesterday, in the account's time zone)"),
    ):
        pull.add_argument(option, type=_day, metavar="YYYY-MM-DD", help=what)
    pull.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="NUMBER",
        help="an account, repeatable (default: META_AD_ACCOUNT_ID, GOOGLE_ADS_CUSTOMER_ID, else "
        "those pulled before)",
    )
    pull.add_argument(
        "--again",
        action="store_true",
        help="pull also months again that are older than the platform restates",
    )
    pull.add_argument(
        "--any-address",
        action="store_true",
        help="allow a base address from the environment that is not this machine",
    )
    _target(pull)

    solve = command(
        "solve", "Run the solvers for Athena (all or one of them), build downstream models."
    )
    solve.add_argument("--select", choices=SOLVER_NAMES, help="default: all")
    _input(solve)
    solve.add_argument("--target", choices=("athena",), default="athena", help="only athena")
    _settings(solve, *VARIABLES)

    dbt = command("dbt", "Run dbt itself in the project, after a check of settings and AWS access.")
    dbt.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help="as for dbt: ls --target athena"
    )

    demo = command("demo", "Write the raw files of the demo (invented data with planted results).")
    demo.add_argument(
        "folder", type=Path, nargs="?", help="output folder (default: seeds/demo, examples/exports)"
    )
    demo.add_argument(
        "--exports",
        action="store_true",
        help="write what its ad managers would export instead: Meta, Google Ads and TikTok",
    )

    init = command("init", "Write a small dbt project of your own around the installed package.")
    init.add_argument("folder", type=Path, metavar="FOLDER", help="a new or an empty folder")

    for name, summary in (
        ("answers", "Print the answers of the last build."),
        ("report", "Write the report page of the last build."),
        ("figures", "Write the figures of the last build as PNG and SVG."),
        ("export", "Write the answers and all tables behind them as a workbook (.xlsx)."),
    ):
        reader = command(name, summary)
        _input(reader)
        reader.add_argument(
            "--target", choices=("duckdb", "athena"), help="default: that of the last build"
        )
        if name == "report":
            _title(reader)
        if name == "answers":
            reader.add_argument(
                "--format",
                choices=("text", "json", "markdown", "csv"),
                default="text",
                help="default: text",
            )
            reader.add_argument("--question", metavar="KEY", help="one question, such as roi")
        if name == "export":
            reader.add_argument("path", type=Path, metavar="FILE", help="such as answers.xlsx")
    command("status", "What is landed and built: files, times, settings.")
    return root


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, expected YYYY-MM-DD") from None


def _target(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--target", choices=("duckdb", "athena"), default="duckdb", help="default: duckdb"
    )


def _input(command: argparse.ArgumentParser) -> None:
    command.add_argument("--input", choices=("demo", "landed"), help="default: what was built last")


def _settings(command: argparse.ArgumentParser, *names: str) -> None:
    """Options for variables of dbt_project.yml, for this run only."""
    group = command.add_argument_group("settings (default: those in dbt_project.yml)")
    for name in names:
        kind, word, summary = VARIABLES[name]
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, type=kind, metavar=word, help=summary)
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other variable of dbt_project.yml, as in YAML: forecast_days='[7, 28]'",
    )


def _variables(options: argparse.Namespace) -> dict[str, Any]:
    """The dbt variables given as options. Raises UserError for one that is no NAME=VALUE."""
    given = {name: value for name, value in vars(options).items() if name in VARIABLES}
    variables = {name: value for name, value in given.items() if value is not None}
    for setting in getattr(options, "set", []):
        import yaml

        name, equals, value = setting.partition("=")
        try:
            variables[name.strip()] = yaml.safe_load(value) if value else ""
        except yaml.YAMLError:
            equals = ""
        if not equals:
            raise UserError(f"--set {setting}: give NAME=VALUE, the value as in YAML")
    if "input" in variables:
        raise UserError("--set input: name the files with --data instead; without it: the demo")
    return variables


def _path(given: str) -> str:
    """A path with `~` filled in; an empty one, of a variable not set, would be this folder."""
    if not given.strip():
        raise argparse.ArgumentTypeError("the path is empty: give a file or folder")
    return os.path.expanduser(given)  # noqa: PTH111 an unknown user is no error


def _title(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--title", help="the page's title, such as the company's name (or SOCIAL_ROI_TITLE)"
    )


def _mapping(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="which column is which in sheets of your own (default: mapping.yml beside the data)",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, or 2 with one line on standard error for bad input."""
    root = parser()
    options, unknown = root.parse_known_args(arguments)
    if unknown:
        # the command's own parser knows which options are near
        _commands(root)[options.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code = _run(options)
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:
        discard_output()
    except UserError as error:
        print(f"social-roi: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"social-roi: {error.strerror}; {DISK}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"\nsocial-roi: {str(stopped) or 'stopped'}; {KEPT}", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> int | None:
    """Call the command with its run (target, input, variables) and its own options.

    Returns dbt's exit code from the command `dbt`.
    """
    # imported late: --help should not wait for it
    from social_roi import outputs, pipeline
    from social_roi.run import Run, last_run
    from social_roi.variables import check_environment, check_variables

    if getattr(options, "title", None):
        # the page may be written by a process of its own
        os.environ["SOCIAL_ROI_TITLE"] = options.title
    check_environment()
    variables = _variables(options)
    if hasattr(options, "set"):
        check_variables(variables)

    def run(input_name: str) -> Run:
        return Run(options.target, input_name, variables)

    match options.command:
        case "build":
            made_of = run("landed" if options.data or options.pull else "demo")
            pipeline.build(
                made_of,
                options.data or [],
                pull_from=options.pull,
                price_per_tb=options.price_per_tb,
                force=options.force,
                mapping=options.mapping,
            )
        case "land":
            if options.explain and not options.paths:
                raise UserError("name the files or folders to explain")
            if options.explain:
                pipeline.explain(options.paths, options.mapping)
            else:
                pipeline.land(
                    run("landed"),
                    options.paths,
                    add=options.add,
                    mapping=options.mapping,
                    remove=options.remove,
                )
        case "pull":
            pipeline.pull(
                run("landed"),
                options.platforms,
                since=options.since,
                until=options.until,
                accounts=options.account,
                again=options.again,
                any_address=options.any_address,
            )
        case "solve":
            last = last_run(options.target, options.input)
            pipeline.solve(run(last.input), options.select)
        case "dbt":
            return pipeline.plain_dbt(options.arguments)
        case "init":
            pipeline.init(options.folder)
        case "demo":
            pipeline.demo(options.folder, exports=options.exports)
        case "status":
            outputs.status()
        case reader:
            last = last_run(options.target, options.input)
            match reader:
                case "answers":
                    outputs.answers(last, options.format, options.question)
                case "report":
                    outputs.report(last)
                case "figures":
                    outputs.figures(last)
                case "export":
                    outputs.export(last, options.path)
    return None


if __name__ == "__main__":
    sys.exit(main())
