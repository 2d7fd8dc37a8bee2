"""What the interfaces of all platforms have in common: an account, and errors with a code."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from social_roi.pull.credentials import Credentials
from social_roi.pull.http import Answer, Fault, Http, retry_after


class Source:
    """One account of a platform. rules: its part of interfaces.yml. progress: the state of work."""

    def __init__(
        self,
        rules: Mapping[str, Any],
        secrets: Credentials,
        client: Http,
        account: str,
        progress: Callable[[str], None],
    ) -> None:
        self.rules = rules
        self.secrets = secrets
        self.http = client
        self.account = account
        self.progress = progress

    def fault(
        self,
        answer: Answer,
        codes: Iterable[str],
        said: str,
        seconds: float | None = None,
        *,
        is_transient: bool = False,
    ) -> Fault:
        """What interfaces.yml says of the first of the codes that it knows, else the status.

        seconds: how long the body or the headers say to wait; else what `Retry-After` says.
        """
        kinds = {str(one): kind for kind, known in self.rules["errors"].items() for one in known}
        kind = next((kinds[code] for code in codes if code in kinds), None)
        if kind == "wait":
            return Fault(kind, said, retry_after(answer.headers) if seconds is None else seconds)
        if kind is None and (is_transient or answer.status >= 500):
            kind = "retry"
        return Fault(kind or "unknown", said)
