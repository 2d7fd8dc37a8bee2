"""The interfaces of Meta and Google Ads on this machine, about one invented account each.

They answer in the shapes of the real ones, also when they refuse. Everything they are asked is kept
in `requests`. A `Fault` takes the place of the answers to requests that match.
"""

import csv
import json
import re
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

META_ACCOUNT, GOOGLE_ACCOUNT = "2903581477", "4415092287"
SECRETS = {
    "META_ACCESS_TOKEN": "EAAInvented|Token/0123456789abcdefXYZ",
    "GOOGLE_ADS_DEVELOPER_TOKEN": "inventedDeveloperToken-22",
    "GOOGLE_ADS_CLIENT_ID": "112233-invented.apps",
    "GOOGLE_ADS_CLIENT_SECRET": "GOCSPX-inventedClientSecret",
    "GOOGLE_ADS_REFRESH_TOKEN": "1//0inventedRefreshToken_abc",
}
ACCESS_TOKEN = "ya29.inventedAccessToken"
SECRET_VALUES = (*SECRETS.values(), ACCESS_TOKEN)
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
# The rows of the truth: what a campaign's ads did on a day in one cell of audience and place.
DIMENSIONS = {
    "campaign": ("campaign",),
    "ad_group": ("campaign", "group"),
    "ad": ("campaign", "group", "ad"),
    "age_gender": ("campaign", "age", "gender"),
    "publisher": ("campaign", "publisher"),
    "device": ("campaign", "device"),
    "age": ("campaign", "group", "age"),
    "gender": ("campaign", "group", "gender"),
}
META_BREAKDOWNS = {
    "": None,
    "age,gender": "age_gender",
    "publisher_platform": "publisher",
    "device_platform": "device",
}
CAMPAIGNS = {"120301": "Spring \u201cnew\u201d, sale", "120302": "Always on", "120303": "Removed"}
MEASURES = ("cents", "impressions", "clicks", "conversions", "value")


class Cell(NamedTuple):
    """Of one day: where, to whom, and what it brought. Money in cents."""

    day: date
    campaign: str
    group: str
    ad: str
    age: str
    gender: str
    publisher: str
    device: str
    cents: int
    impressions: int
    clicks: int
    conversions: int
    value: int


def truth(first: date, last: date, seed: int = 1, campaigns: int = 3) -> list[Cell]:
    """An account's days; the last campaign ran in the first half only and was then removed."""
    cells = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        rng = Random(f"{seed} {day}")
        for campaign in list(CAMPAIGNS)[:campaigns]:
            if campaign == "120303" and number > (last - first).days // 2:
                continue
            for ad in range(2):
                for age in ("18-24", "35-44"):
                    for device in ("mobile_app", "desktop"):
                        clicks = rng.randrange(12)
                        bought = rng.randrange(1 + clicks // 4)
                        cells.append(
                            Cell(
                                day, campaign, f"{campaign}7{ad}", f"{campaign}7{ad}9", age,
                                "female" if rng.random() < 0.5 else "male",
                                "instagram" if ad else "facebook", device,
                                rng.randrange(1, 900), clicks + rng.randrange(1, 300), clicks,
                                bought, bought * rng.randrange(500, 9000),
                            )
                        )  # fmt: skip
    return cells


def reported(
    cells: list[Cell], report: str, first: date, last: date
) -> list[tuple[date, dict[str, str], dict[str, int]]]:
    """The rows of a report: day, dimensions and measures."""
    names = DIMENSIONS[report]
    sums: dict[tuple, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
    for cell in cells:
        if first <= cell.day <= last:
            total = sums[(cell.day, *(getattr(cell, name) for name in names))]
            for number, measure in enumerate(MEASURES):
                total[number] += getattr(cell, measure)
    return [
        (key[0], dict(zip(names, key[1:], strict=True)), dict(zip(MEASURES, total, strict=True)))
        for key, total in sorted(sums.items())
    ]


@dataclass
class Request:
    method: str
    address: str
    headers: Mapping[str, str]
    body: str


@dataclass
class Fault:
    """In place of the answers to `times` requests that match, after the first `skip`.

    status, body, headers: another answer. cut: the right one, but the connection ends after so many
    of its bytes. hang_up: no answer at all. change: the right body, changed. call: done before.
    """

    match: str
    times: int = 1
    skip: int = 0
    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang_up: bool = False
    change: Callable[[Any], Any] | None = None
    call: Callable[[], None] | None = None

    def takes(self, request: Request) -> bool:
        if not self.times or not re.search(self.match, f"{request.method} {request.address}"):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Interfaces:
    """Both platforms behind one address. page: rows of Meta's next page or of a batch of Google's.

    looks: how often a report of Meta is not made yet. zone: of both accounts. google_currency: of
    Google's; Meta's has USD. earliest: the first day that Google tells.
    """

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.page: Callable[[], int] = lambda: 40
        self.looks = 1
        self.zone = "Europe/Berlin"
        self.google_currency = "EUR"
        self.earliest = date.min
        self.now = NOW
        self.address = ""
        self.access_token = ACCESS_TOKEN
        self.jobs: dict[str, dict[str, Any]] = {}

    def count(self, match: str) -> int:
        return sum(bool(re.search(match, f"{one.method} {one.address}")) for one in self.requests)

    # Meta

    def meta(self, request: Request) -> tuple[int, Any]:
        parts = urlsplit(request.address)
        _, version, *path = parts.path.split("/")
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if request.headers.get("Authorization") != f"Bearer {SECRETS['META_ACCESS_TOKEN']}":
            return 401, meta_error(190, "Invalid OAuth access token data.")
        if version != "v26.0":
            return 400, meta_error(2635, "You are calling a deprecated version of the Ads API.")
        match request.method, path:
            case "GET", [account] if account == f"act_{META_ACCOUNT}":
                about = {"name": "Northwind", "currency": "USD", "timezone_name": self.zone}
                return 200, about | {"account_id": META_ACCOUNT, "id": account}
            case "POST", [account, "insights"] if account == f"act_{META_ACCOUNT}":
                asked = {
                    name: values[0]
                    for name, values in parse_qs(request.body, keep_blank_values=True).items()
                }
                job = str(6000000000000 + len(self.jobs))
                self.jobs[job] = {"rows": self._meta_rows(asked), "looks": self.looks}
                return 200, {"report_run_id": job}
            case "GET", [job] if job in self.jobs:
                kept = self.jobs[job]
                kept["looks"] -= 1
                made = kept["looks"] < 0
                return 200, {
                    "id": job,
                    "account_id": META_ACCOUNT,
                    "async_status": "Job Completed" if made else "Job Running",
                    "async_percent_completion": 100 if made else 40,
                }
            case "GET", [job, "insights"] if job in self.jobs:
                rows = self.jobs[job]["rows"]
                start = int(given.get("after", "c0")[1:])
                end = min(start + min(self.page(), int(given["limit"])), len(rows))
                page: dict[str, Any] = {"data": rows[start:end]}
                if rows:
                    page["paging"] = {"cursors": {"before": f"c{start}", "after": f"c{end}"}}
                if end < len(rows):
                    # as the real ones do, with the token in the address
                    token = quote(SECRETS["META_ACCESS_TOKEN"], safe="")
                    base = f"{self.address}/{version}/{job}/insights?access_token={token}"
                    page["paging"]["next"] = f"{base}&limit=500&after=c{end}"
                return 200, page
        said = f"Unsupported {request.method.lower()} request. Object with ID '{path[0]}' does not"
        return 400, meta_error(
            100, f"{said} exist, cannot be loaded due to missing permissions", 33
        )

    def _meta_rows(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        days = json.loads(asked["time_range"])
        assert "breakdowns" not in asked or "reach" not in asked["fields"].split(",")
        assert asked["time_increment"] == "1" and asked.get("breakdowns") != ""
        [shown] = json.loads(asked["filtering"])
        assert {"DELETED", "ARCHIVED", "PAUSED"} <= {*shown["value"]}
        assert shown["field"] == f"{asked['level']}.effective_status"
        level = {"campaign": "campaign", "adset": "ad_group", "ad": "ad"}[asked["level"]]
        report = META_BREAKDOWNS[asked.get("breakdowns", "")] or level
        fields = {*asked["fields"].split(",")}
        rows = []
        first, last = map(date.fromisoformat, (days["since"], days["until"]))
        for day, of, sums in reported(self.cells, report, first, last):
            bought, value = str(sums["conversions"]), f"{sums['value'] / 100:.2f}"
            types = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
            row = {
                "account_id": META_ACCOUNT,
                "account_name": "Northwind",
                "account_currency": "USD",
                "campaign_id": of["campaign"],
                "campaign_name": CAMPAIGNS[of["campaign"]],
                "adset_id": of.get("group", ""),
                "adset_name": f"Set {of.get('group', '')}",
                "ad_id": of.get("ad", ""),
                "ad_name": f"Ad {of.get('ad', '')}",
                "spend": f"{sums['cents'] / 100:.2f}",
                "impressions": str(sums["impressions"]),
                "clicks": str(sums["clicks"] + 3),
                "inline_link_clicks": str(sums["clicks"]),
                "reach": str(sums["impressions"]),
                "attribution_setting": "7d_click_1d_view",
            }
            if sums["conversions"]:
                # each purchase stands under several types
                row["actions"] = [{"action_type": one, "value": bought} for one in types]
                row["actions"].append({"action_type": "link_click", "value": str(sums["clicks"])})
                row["action_values"] = [{"action_type": one, "value": value} for one in types]
            row = {name: value for name, value in row.items() if name in fields}
            for name, key in (
                ("age", "age"), ("gender", "gender"),
                ("publisher_platform", "publisher"), ("device_platform", "device"),
            ):  # fmt: skip
                if name in asked.get("breakdowns", "").split(","):
                    row[name] = of[key]
            rows.append(row | {"date_start": str(day), "date_stop": str(day)})
        return rows

    # Google Ads

    def google(self, request: Request) -> tuple[int, Any]:
        if request.address == "/token":
            given = {
                name: values[0]
                for name, values in parse_qs(request.body, keep_blank_values=True).items()
            }
            if given["refresh_token"] != SECRETS["GOOGLE_ADS_REFRESH_TOKEN"]:
                said = "Token has been expired or revoked."
                return 400, {"error": "invalid_grant", "error_description": said}
            if given["client_secret"] != SECRETS["GOOGLE_ADS_CLIENT_SECRET"]:
                return 401, {"error": "invalid_client", "error_description": "Unauthorized"}
            return 200, {"access_token": self.access_token, "expires_in": 3599}
        match = re.fullmatch(r"/v26/customers/(\d+)/googleAds:searchStream", request.address)
        if not match:
            return 404, "<html>The requested URL was not found on this server.</html>"
        if request.headers.get("Authorization") != f"Bearer {self.access_token}":
            return 401, [google_error(401, "UNAUTHENTICATED")]
        if request.headers.get("developer-token") != SECRETS["GOOGLE_ADS_DEVELOPER_TOKEN"]:
            return 401, [
                google_error(401, "UNAUTHENTICATED", "authenticationError.DEVELOPER_TOKEN_INVALID")
            ]
        if match[1] != GOOGLE_ACCOUNT:
            return 403, [
                google_error(403, "PERMISSION_DENIED", "authorizationError.USER_PERMISSION_DENIED")
            ]
        query = json.loads(request.body)["query"]
        assert "status" not in query.split(" WHERE ")[-1], "removed campaigns are left out"
        customer = {
            "resourceName": f"customers/{GOOGLE_ACCOUNT}",
            "id": GOOGLE_ACCOUNT,
            "descriptiveName": "Northwind",
            "currencyCode": self.google_currency,
            "timeZone": self.zone,
        }
        if " FROM customer " in query:
            return 200, [{"results": [{"customer": customer | {"manager": False}}]}]
        fields, table = re.search(r"SELECT (.+) FROM (\w+) ", query).groups()
        first, last = map(date.fromisoformat, re.findall(r"'([\d-]+)'", query))
        if first < self.earliest:
            code = "dateRangeError.REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED"
            return 400, [google_error(400, "INVALID_ARGUMENT", code)]
        report = {"ad_group_ad": "ad", "age_range_view": "age", "gender_view": "gender"}.get(
            table, "device" if "segments.device" in fields else table
        )
        rows = [
            self._google_row(day, of, sums, customer, fields)
            for day, of, sums in reported(self.cells, report, first, last)
        ]
        batches = []
        while rows:
            size = self.page()
            batches.append(
                {"results": rows[:size], "fieldMask": "campaign.id", "requestId": "invented"}
            )
            rows = rows[size:]
        return 200, batches

    def _google_row(
        self, day: date, of: dict[str, str], sums: dict[str, int], customer: dict, fields: str
    ) -> dict[str, Any]:
        device = {"mobile_app": "MOBILE", "desktop": "DESKTOP"}
        ages = {"18-24": "AGE_RANGE_18_24", "35-44": "AGE_RANGE_35_44"}
        row: dict[str, Any] = {
            "customer": customer,
            "campaign": {"id": of["campaign"], "name": CAMPAIGNS[of["campaign"]]},
            "metrics": {
                "clicks": str(sums["clicks"]),
                "costMicros": str(sums["cents"] * 10_000),
                "impressions": str(sums["impressions"]),
                # fractions, since a conversion may be shared
                "conversions": sums["conversions"] * 0.75,
                "conversionsValue": sums["value"] / 100,
            },
            "segments": {"date": str(day)},
        }
        if "ad_group.id" in fields:
            row["adGroup"] = {"id": of["group"], "name": f"Group {of['group']}"}
        if "ad_group_ad" in fields:
            row["adGroupAd"] = {"ad": {"id": of["ad"], "name": f"Ad {of['ad']}"}}
        if "segments.device" in fields:
            row["segments"]["device"] = device[of["device"]]
        if "age_range" in fields:
            row["adGroupCriterion"] = {"ageRange": {"type": ages[of["age"]]}}
        if "gender.type" in fields:
            row["adGroupCriterion"] = {"gender": {"type": of["gender"].upper()}}
        return row


def meta_error(code: int, message: str, subcode: int | None = None, **more: Any) -> Any:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCd"}
    return {"error": error | ({"error_subcode": subcode} if subcode else {}) | more}


def google_error(status: int, name: str, code: str = "", message: str = "", delay: str = "") -> Any:
    """code: as in `quotaError.RESOURCE_EXHAUSTED`."""
    error: dict[str, Any] = {"code": status, "message": "Request failed.", "status": name}
    if code:
        kind, _, value = code.partition(".")
        failure: dict[str, Any] = {"errorCode": {kind: value}, "message": message or "Refused."}
        if delay:
            failure["details"] = {
                "quotaErrorDetails": {"rateScope": "DEVELOPER", "retryDelay": delay}
            }
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure",
                "errors": [failure],
                "requestId": "invented",
            }
        ]
    return {"error": error}


@contextmanager
def serving(interfaces: Interfaces, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Both interfaces on a free port of this machine; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # head and body in one packet
        wbufsize = 1 << 16

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(interfaces.now, usegmt=True)

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size).decode()
            request = Request(self.command, self.path, dict(self.headers), body)
            interfaces.requests.append(request)
            fault = next((one for one in interfaces.faults if one.takes(request)), None)
            if fault and fault.call:
                fault.call()
            if fault and fault.hang_up:
                self.close_connection = True
                return
            is_google = self.path == "/token" or "googleAds" in self.path
            if fault and fault.status:
                status, content = fault.status, fault.body
            else:
                status, content = (interfaces.google if is_google else interfaces.meta)(request)
            if fault and fault.change:
                content = fault.change(content)
            text = content if isinstance(content, str) else json.dumps(content)
            raw = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            for name, value in (fault.headers if fault else {}).items():
                self.send_header(name, value)
            self.end_headers()
            if fault and fault.cut is not None:
                raw = raw[: fault.cut]
                self.close_connection = True
            self.wfile.write(raw)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        interfaces.address = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield interfaces.address
        finally:
            server.shutdown()
            thread.join()


def write_exports(interfaces: Interfaces, folder: Path, first: date, last: date) -> None:
    """The same accounts as their ad managers export them: a CSV per platform and report."""
    folder.mkdir(parents=True, exist_ok=True)
    meta = {
        "campaign": [], "ad_group": ["Ad set ID", "Ad set name"],
        "ad": ["Ad set ID", "Ad set name", "Ad ID", "Ad name"],
        "age_gender": ["Age", "Gender"], "publisher": ["Platform"], "device": ["Device platform"],
    }  # fmt: skip
    google = {
        "campaign": [], "ad_group": ["Ad group ID", "Ad group"],
        "ad": ["Ad group ID", "Ad group", "Ad ID", "Ad name"], "device": ["Device"],
        "age": ["Ad group ID", "Ad group", "Age"], "gender": ["Ad group ID", "Ad group", "Gender"],
    }  # fmt: skip
    devices = {"mobile_app": "Mobile phones", "desktop": "Computers"}
    for report, names in meta.items():
        rows = []
        for day, of, sums in reported(interfaces.cells, report, first, last):
            cells = {
                "Ad set ID": of.get("group"), "Ad set name": f"Set {of.get('group')}",
                "Ad ID": of.get("ad"), "Ad name": f"Ad {of.get('ad')}",
                "Age": of.get("age"), "Gender": of.get("gender"), "Platform": of.get("publisher"),
                "Device platform": of.get("device"),
            }  # fmt: skip
            rows.append(
                {
                    "Account ID": META_ACCOUNT, "Account name": "Northwind",
                    "Campaign ID": of["campaign"], "Campaign name": CAMPAIGNS[of["campaign"]],
                    "Day": day, **{name: cells[name] for name in names},
                    "Amount spent (USD)": f"{sums['cents'] / 100:.2f}",
                    "Impressions": sums["impressions"], "Link clicks": sums["clicks"],
                    "Clicks (all)": sums["clicks"] + 3,
                    **({"Reach": sums["impressions"]} if report.startswith(("c", "ad")) else {}),
                    "Purchases": sums["conversions"] or "",
                    "Purchases conversion value":
                        f"{sums['value'] / 100:.2f}" if sums["conversions"] else "",
                    "Reporting starts": day, "Reporting ends": day,
                }
            )  # fmt: skip
        _write(folder / f"meta {report}.csv", rows)
    for report, names in google.items():
        rows = []
        for day, of, sums in reported(interfaces.cells, report, first, last):
            cells = {
                "Ad group ID": of.get("group"), "Ad group": f"Group {of.get('group')}",
                "Ad ID": of.get("ad"), "Ad name": f"Ad {of.get('ad')}", "Age": of.get("age"),
                "Gender": (of.get("gender") or "").capitalize(),
                "Device": devices.get(of.get("device", "")),
            }  # fmt: skip
            rows.append(
                {
                    "Day": day, "Customer ID": GOOGLE_ACCOUNT, "Account": "Northwind",
                    "Campaign ID": of["campaign"], "Campaign": CAMPAIGNS[of["campaign"]],
                    **{name: cells[name] for name in names}, "Currency code": "EUR",
                    "Cost": f"{sums['cents'] / 100:.2f}", "Impr.": f"{sums['impressions']:,}",
                    "Clicks": sums["clicks"], "Conversions": f"{sums['conversions'] * 0.75:.2f}",
                    "Conv. value": f"{sums['value'] / 100:.2f}",
                }
            )  # fmt: skip
        _write(folder / f"google {report}.csv", rows)


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
