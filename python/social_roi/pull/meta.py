"""Insights of Meta's Marketing API: an asynchronous report for each piece, read page by page.

Reports of few days could be had at once, but those answers differ from those of asynchronous ones.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from social_roi.console import one_line
from social_roi.errors import UserError
from social_roi.pull import http
from social_roi.pull.credentials import Credentials
from social_roi.pull.http import (
    Answer,
    Fault,
    Http,
    Refused,
    TooMuch,
    fault_of_status,
)
from social_roi.pull.source import Source
from social_roi.pull.state import Partial, Piece

# The addresses of the pages before and after, which hold the token.
ADDRESSES = re.compile(r'"(next|previous)"\s*:\s*"(?:[^"\\]|\\.)*"')
USAGE = ("call_count", "total_cputime", "total_time", "app_id_util_pct", "acc_id_util_pct")
USAGE_HEADERS = (
    *("x-business-use-case-usage", "x-app-usage", "x-ad-account-usage"),
    "x-fb-ads-insights-throttle",
)


class _Stale(Exception):
    """A report that has to be made once more."""


class Meta(Source):
    """One ad account. addresses: base addresses by variable."""

    def __init__(
        self,
        rules: Mapping[str, Any],
        addresses: Mapping[str, str],
        secrets: Credentials,
        client: Http,
        account: str,
        progress: Callable[[str], None],
    ) -> None:
        super().__init__(rules, secrets, client, f"act_{account}", progress)
        self.base = f"{addresses['META_GRAPH_URL']}/{rules['version']}"

    def zone(self) -> ZoneInfo:
        """The time zone of the account's days. Raises Refused for an unknown account."""
        fields = ",".join(self.rules["account_fields"])
        answer = self._send(self.account, "GET", self.account, params={"fields": fields})
        return ZoneInfo(answer.body.get("timezone_name") or "UTC")

    def pull(self, piece: Piece, partial: Partial, most: int) -> None:
        """All pages of a piece, behind those that are there. Raises TooMuch, Refused, UserError."""
        reason = ""
        for _ in range(self.rules["jobs"]["attempts"]):
            try:
                if "job" not in partial.notes:
                    partial.note(job=self._start(piece))
                if not partial.notes.get("is_made"):
                    self._wait(piece, partial.notes["job"])
                    partial.note(is_made=True)
                self._read(piece, partial, most)
                return
            except _Stale as stale:
                reason = str(stale)
                self.http.report(f"Meta, {piece.told}: {reason}; asks for the report anew")
                partial.clear()
        if piece.first < piece.last:
            raise TooMuch(reason)
        raise UserError(
            f"Meta, {piece.told}: {reason}, {self.rules['jobs']['attempts']} times; run the same "
            "command later, what was pulled is kept"
        )

    def _start(self, piece: Piece) -> str:
        rules = self.rules
        asked = rules["reports"][piece.report]
        level = asked["level"]
        shown = [
            {
                "field": f"{level}.effective_status",
                "operator": "IN",
                "value": rules["statuses"][level],
            }
        ]
        fields = [*rules["fields"]["all"], *rules["fields"][level]]
        fields += [] if asked["breakdowns"] else rules["fields"]["without_breakdowns"]
        divided = {"breakdowns": ",".join(asked["breakdowns"])} if asked["breakdowns"] else {}
        answer = self._send(
            piece.told,
            "POST",
            f"{self.account}/insights",
            data=divided
            | {
                "level": level,
                "fields": ",".join(fields),
                "time_range": json.dumps({"since": str(piece.first), "until": str(piece.last)}),
                "time_increment": 1,
                "use_unified_attribution_setting": "true",
                "filtering": json.dumps(shown),
            },
        )
        job = answer.body.get("report_run_id")
        if not re.fullmatch(r"\d+", str(job)):
            raise _Stale("no report was begun")
        return str(job)

    def _wait(self, piece: Piece, job: str) -> None:
        """Until the report is made."""
        rules = self.rules["jobs"]
        pause, waited = rules["first"], 0.0
        while True:
            body = self._of_job(piece, job, job).body
            status, percent = body.get("async_status"), body.get("async_percent_completion")
            if status in ("Job Failed", "Job Skipped"):
                raise _Stale(f"the report was not made ({status})")
            if status == "Job Completed" and str(percent) == "100":
                return
            if waited >= rules["most"]:
                raise _Stale(f"the report was not made in {http.in_words(waited)}")
            self.progress(f"{self.account} {piece.told}: {percent or 0} % of the report made")
            http.sleep(pause)
            waited += pause
            pause = min(2 * pause, rules["longest"])

    def _read(self, piece: Piece, partial: Partial, most: int) -> None:
        job = partial.notes["job"]
        while not partial.is_whole:
            cursor = partial.notes.get("after")
            params: dict[str, Any] = {"limit": self.rules["page_rows"]}
            params |= {"after": cursor} if cursor else {}
            answer = self._of_job(piece, job, f"{job}/insights", params=params)
            rows = answer.body.get("data")
            if not isinstance(rows, list):
                raise _Stale("a page came without rows")
            after = _cursor_after(answer.body)
            seen = partial.notes.get("seen", [])
            if after is not None and after in [*seen, cursor]:
                raise _Stale("a page leads back to one before it")
            text = self.secrets.without(ADDRESSES.sub(r'"\1": ""', answer.text))
            if partial.size + len(text.encode()) > most:
                raise TooMuch(f"more than {most >> 20} MB")
            partial.add_page(
                text, len(rows), after=after, seen=[*seen, cursor], whole=after is None
            )
            self.progress(f"{self.account} {piece.told}: {partial.notes['rows']:,} rows")
            self._spare(answer)

    def _of_job(self, piece: Piece, job: str, path: str, **content: Any) -> Answer:
        """About a report that was begun, perhaps by a run before."""
        try:
            return self._send(piece.told, "GET", path, **content)
        except Refused as refused:
            if refused.kind != "account":
                raise
            raise _Stale("the report is no longer there") from None

    def _spare(self, answer: Answer) -> None:
        rules, used = self.rules["pause"], usage(answer.headers)
        if used > rules["above"]:
            self.http.pause(f"{used:.0f} % of the rate limit is used", rules["seconds"])

    def _send(self, doing: str, method: str, path: str, **content: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.secrets['META_ACCESS_TOKEN']}"}
        return self.http.send(doing, method, f"{self.base}/{path}", self._judge, headers, **content)

    def _judge(self, answer: Answer) -> Fault | None:
        """By the error in the body, which Meta also sends with a status of 200."""
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if not isinstance(error, dict):
            if answer.status < 300 and isinstance(answer.body, dict):
                return None
            return fault_of_status(answer)
        code, subcode = error.get("code"), error.get("error_subcode")
        said = one_line(error.get("message") or "an error without a message")
        said = f"{said.rstrip('.')} (code {code}{f', {subcode}' if subcode else ''})"
        if self.rules["split_words"] in said:
            return Fault("split", said)
        return self.fault(
            answer,
            [f"{code}/{subcode}", str(code)],
            said,
            seconds_to_wait(answer.headers),
            is_transient=error.get("is_transient") is True,
        )


def usage(headers: Mapping[str, str]) -> float:
    """The largest share of a rate limit that is used, in percent, as the headers tell."""
    used = [one[key] for one in _limits(headers) for key in USAGE if _is_number(one.get(key))]
    return max(used, default=0.0)


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """How long the headers say that no request is answered; None if they do not."""
    found = [
        one[key] * unit
        for one in _limits(headers)
        for key, unit in (("estimated_time_to_regain_access", 60), ("reset_time_duration", 1))
        if _is_number(one.get(key)) and one[key] > 0
    ]
    return max(found, default=None)


def _limits(headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in USAGE_HEADERS:
        try:
            told = json.loads(headers.get(name, "{}"))
        except ValueError:
            continue
        if not isinstance(told, dict):
            continue
        yield told
        # by account, a list of limits
        lists = [limits for limits in told.values() if isinstance(limits, list)]
        yield from (one for limits in lists for one in limits if isinstance(one, dict))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cursor_after(page: Mapping[str, Any]) -> str | None:
    """The cursor of the next page, None on the last one, which has no address of a next."""
    paging = page.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not after:
        after = next(iter(parse_qs(urlsplit(str(paging["next"])).query).get("after", [])), None)
    if not after:
        raise _Stale("a page does not say how to go on")
    return str(after)
