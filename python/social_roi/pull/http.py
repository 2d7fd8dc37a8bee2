"""Requests that are repeated where it helps, and the time by the platform's clock."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from social_roi.console import one_line
from social_roi.errors import UserError
from social_roi.pull.credentials import Credentials

# Of one answer in memory, a little more than landing reads of one file.
MOST_BYTES = 1 << 26


class TooMuch(Exception):
    """More than fits in one answer or file: to be asked for in shorter ranges."""


class Refused(Exception):
    """An answer that repeating does not change. kind: as in interfaces.yml."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.kind = kind


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer.

    kind: `retry` or `wait`, to repeat it; `split`; else a kind of `Refused`. seconds: how long the
    platform says to wait.
    """

    kind: str
    said: str
    seconds: float | None = None


class Answer(NamedTuple):
    """status: of HTTP. body: the JSON, None where it is none."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Any


Judge = Callable[[Answer], Fault | None]


def sleep(seconds: float) -> None:
    time.sleep(seconds)


class Http:
    """Requests to one platform. report: is told of every wait."""

    def __init__(
        self,
        name: str,
        patience: Mapping[str, Any],
        secrets: Credentials,
        report: Callable[[str], None],
    ) -> None:
        # takes long to import
        import requests

        self.name = name
        self.patience = patience
        self.secrets = secrets
        self.report = report
        self.skew = timedelta()
        self._session = requests.Session()

    def now(self) -> datetime:
        """The time by the platform's clock, as of its last answer."""
        return datetime.now(UTC) + self.skew

    def send(
        self,
        doing: str,
        method: str,
        url: str,
        judge: Judge,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_BYTES,
        **content: Any,
    ) -> Answer:
        """An answer without a fault. content: params, data or json, as of requests.

        Waits and repeats where that helps. Raises TooMuch when it has more than `most` bytes or the
        platform says so, Refused when no repeating helps, UserError when it did not help.
        """
        tries = {"retry": 0, "wait": 0}
        while True:
            fault = self._once(method, url, judge, headers or {}, most, content)
            if isinstance(fault, Answer):
                return fault
            if fault.kind not in tries:
                if fault.kind == "split":
                    raise TooMuch(fault.said)
                raise Refused(fault.kind, fault.said)
            self._pause(doing, fault, tries)

    def pause(self, why: str, seconds: float) -> None:
        """Wait, and say why."""
        self.report(f"{self.name}: {why}; waits {in_words(seconds)}")
        sleep(seconds)

    def _pause(self, doing: str, fault: Fault, tries: dict[str, int]) -> None:
        tries[fault.kind] += 1
        is_limit = fault.kind == "wait"
        most = self.patience["waits" if is_limit else "attempts"]
        longest = self.patience["longest"][fault.kind]
        if fault.seconds is not None and fault.seconds > longest:
            raise UserError(
                f"{self.name}, {doing}: {fault.said}; it takes {in_words(fault.seconds)} until it "
                "answers again: run the same command then, what was pulled is kept"
            )
        if tries[fault.kind] > most:
            advice = "run the same command later" if is_limit else "check the network, run it again"
            raise UserError(
                f"{self.name}, {doing}: {fault.said}, after {most} attempts; {advice}, what was "
                "pulled is kept"
            )
        seconds = fault.seconds
        if seconds is None:
            first = self.patience["first"][fault.kind] * 2 ** (tries[fault.kind] - 1)
            # several pulls must not come back at the same moment
            seconds = min(first, longest) * random.uniform(1, 1.25)
        self.pause(fault.said, max(seconds, 1))

    def _once(
        self,
        method: str,
        url: str,
        judge: Judge,
        headers: Mapping[str, str],
        most: int,
        content: Mapping[str, Any],
    ) -> Answer | Fault:
        import requests

        try:
            with self._session.request(
                method,
                url,
                timeout=tuple(self.patience["timeouts"]),
                # another host must not be sent a token
                allow_redirects=False,
                stream=True,
                # without it the Authorization of a .netrc would take the place of ours
                auth=_Headers(headers),
                **content,
            ) as response:
                self._learn_time(response.headers)
                raw = bytearray()
                for piece in response.iter_content(1 << 16):
                    raw += piece
                    if len(raw) > most:
                        raise TooMuch(f"more than {most >> 20} MB")
                status, told = response.status_code, response.headers
        except requests.exceptions.SSLError as error:
            raise UserError(
                f"{self.name}: no secure connection to {_host(url)} ({_reason(error)}); check this "
                "machine's clock and its network (a proxy that opens TLS needs REQUESTS_CA_BUNDLE)"
            ) from None
        except requests.exceptions.Timeout:
            return Fault("retry", "no answer in time")
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader) as error:
            raise UserError(f"{self.name}: {_reason(error)}") from None
        except requests.exceptions.RequestException as error:
            return Fault("retry", f"the connection was lost ({type(error).__name__})")
        text = raw.decode("utf-8", "replace")
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        answer = Answer(status, told, text, body)
        fault = judge(answer)
        if fault is None and (status >= 300 or body is None):
            return fault_of_status(answer)
        return answer if fault is None else fault

    def _learn_time(self, headers: Mapping[str, str]) -> None:
        try:
            told = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return
        if told.tzinfo is None:
            return
        skew = told - datetime.now(UTC)
        limit = timedelta(seconds=self.patience["clock_skew"])
        if abs(skew) > limit and abs(self.skew) <= limit:
            direction = "behind" if skew > timedelta() else "ahead"
            self.report(
                f"{self.name}: this machine's clock is {in_words(abs(skew).total_seconds())} "
                f"{direction}; the days are counted by the platform's"
            )
        self.skew = skew


class _Headers:
    """Headers of a request, as an authentication of requests."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers

    def __call__(self, request: Any) -> Any:
        request.headers.update(self.headers)
        return request


def fault_of_status(answer: Answer) -> Fault:
    """What an answer means that says no more than its status."""
    seconds = retry_after(answer.headers)
    match answer.status:
        case 429:
            return Fault("wait", "too many requests (HTTP 429)", seconds)
        case status if status >= 500 or status in (408, 425):
            return Fault("retry", f"the platform has a fault (HTTP {status})", seconds)
        case status if status < 300:
            return Fault("retry", "the answer is no whole JSON")
        case status:
            return Fault("unknown", f"HTTP {status}, without a reason")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of `Retry-After`; None without, or where it is a date."""
    told = headers.get("Retry-After", "")
    return float(told) if told.isdecimal() and told.isascii() else None


def in_words(seconds: float) -> str:
    """A time for people, to two units: `47 min`, `11 h 16 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else ""]
    parts.append(f"{minutes} min" if minutes and not days else "")
    return " ".join(filter(None, parts))


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _reason(error: Exception) -> str:
    # the innermost of several causes says it
    return one_line(error).rpartition("(Caused by ")[2].removesuffix(")")[-200:]
