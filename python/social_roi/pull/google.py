"""Google Ads by `searchStream`: one query, one answer in batches for each piece."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from social_roi.console import one_line
from social_roi.errors import UserError
from social_roi.pull.credentials import Credentials
from social_roi.pull.http import MOST_BYTES, Answer, Fault, Http, Refused, fault_of_status
from social_roi.pull.interfaces import account_number
from social_roi.pull.source import Source
from social_roi.pull.state import Partial, Piece


class Google(Source):
    """One customer. addresses: base addresses by variable. Raises UserError for an environment
    that names a login customer wrongly."""

    def __init__(
        self,
        rules: Mapping[str, Any],
        addresses: Mapping[str, str],
        secrets: Credentials,
        client: Http,
        account: str,
        progress: Callable[[str], None],
        login_customer: str = "",
    ) -> None:
        super().__init__(rules, secrets, client, account, progress)
        self.base = f"{addresses['GOOGLE_ADS_URL']}/{rules['version']}"
        self.token_address = addresses["GOOGLE_TOKEN_URL"]
        self._login = account_number(rules, login_customer) if login_customer else ""
        self._token = ""

    def zone(self) -> ZoneInfo:
        """The time zone of the account's days. Raises Refused for an unknown account, and for a
        manager account."""
        query = f"SELECT {', '.join(self.rules['account_fields'])} FROM customer LIMIT 1"
        answer = self._search(self.account, query, MOST_BYTES)
        customer = next((row.get("customer", {}) for row in _rows(answer.body)), {})
        if customer.get("manager"):
            raise Refused("manager", f"customer {self.account}")
        return ZoneInfo(customer.get("timeZone") or "UTC")

    def pull(self, piece: Piece, partial: Partial, most: int) -> None:
        """All batches of a piece as one page: a stream cannot be gone on with, only asked for
        again. Raises TooMuch, Refused, UserError."""
        if partial.is_whole:
            return
        asked = self.rules["reports"][piece.report]
        fields = ", ".join([*self.rules["fields"], *asked["fields"]])
        query = (
            f"SELECT {fields} FROM {asked['from']} "
            f"WHERE segments.date BETWEEN '{piece.first}' AND '{piece.last}'"
        )
        self.progress(f"{self.account} {piece.told}")
        answer = self._search(piece.told, query, most)
        rows = sum(1 for _ in _rows(answer.body))
        partial.add_page(self.secrets.without(answer.text), rows, whole=True)

    def _search(self, doing: str, query: str, most: int) -> Answer:
        url = f"{self.base}/customers/{self.account}/googleAds:searchStream"
        is_new = not self._token
        while True:
            headers = {
                "Authorization": f"Bearer {self._token or self._refresh()}",
                "developer-token": self.secrets["GOOGLE_ADS_DEVELOPER_TOKEN"],
                **({"login-customer-id": self._login} if self._login else {}),
            }
            try:
                return self.http.send(
                    doing, "POST", url, self._judge, headers, most, json={"query": query}
                )
            except Refused as refused:
                if refused.kind != "refresh" or is_new:
                    raise
                # an access token holds for an hour
                self._token, is_new = "", True

    def _refresh(self) -> str:
        answer = self.http.send(
            "signing in",
            "POST",
            self.token_address,
            self._judge_token,
            data={
                "grant_type": "refresh_token",
                "client_id": self.secrets["GOOGLE_ADS_CLIENT_ID"],
                "client_secret": self.secrets["GOOGLE_ADS_CLIENT_SECRET"],
                "refresh_token": self.secrets["GOOGLE_ADS_REFRESH_TOKEN"],
            },
        )
        token = answer.body.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise UserError("Google Ads: signing in gave no access token; run the command again")
        self._token = self.secrets.add(token)
        return self._token

    def _judge_token(self, answer: Answer) -> Fault | None:
        if not isinstance(answer.body, dict):
            return fault_of_status(answer)
        if answer.status < 300 and "error" not in answer.body:
            return None
        error = str(answer.body.get("error"))
        said = answer.body.get("error_description") or "signing in was refused"
        return self.fault(answer, [error], f"{one_line(said)} ({error})")

    def _judge(self, answer: Answer) -> Fault | None:
        """By the error in the body, which may come behind batches with rows."""
        batches = answer.body if isinstance(answer.body, list) else [answer.body]
        errors = [_dict(batch)["error"] for batch in batches if "error" in _dict(batch)]
        if not errors and answer.status == 404:
            version = self.rules["version"]
            return Fault("version", f"the interface is not there in version {version} (HTTP 404)")
        if not errors:
            is_stream = isinstance(answer.body, list) and all(
                isinstance(batch, dict) for batch in batches
            )
            return None if answer.status < 300 and is_stream else fault_of_status(answer)
        error = _dict(errors[0])
        details = _dicts(error.get("details"))
        failures = [one for detail in details for one in _dicts(detail.get("errors"))]
        pairs = [pair for one in failures for pair in _dict(one.get("errorCode")).items()]
        codes = [f"{kind}.{code}" for kind, code in pairs]
        reasons = [str(detail["reason"]) for detail in details if "reason" in detail]
        status = str(error.get("status") or "")
        told = [*codes, *reasons, status]
        said = next((one["message"] for one in failures if one.get("message")), None)
        said = one_line(said or error.get("message") or "an error without a message")
        said = f"{said.rstrip('.')} ({next(filter(None, told), answer.status)})"
        return self.fault(answer, told, said, _delay([*details, *failures]))


def _rows(body: Any) -> Iterator[Mapping[str, Any]]:
    for batch in body:
        yield from _dicts(batch.get("results"))


def _delay(told: list[dict[str, Any]]) -> float | None:
    """The longest `retryDelay` of an error, such as 40591s."""
    quotas = [_dict(_dict(one.get("details")).get("quotaErrorDetails")) for one in told]
    delays = [str(one.get("retryDelay", "")) for one in [*told, *quotas]]
    found = [float(match[1]) for one in delays if (match := re.fullmatch(r"(\d+(?:\.\d+)?)s", one))]
    return max(found, default=None)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
