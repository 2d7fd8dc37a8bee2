"""A proxy before the endpoint: it refuses some requests as AWS would, or dies in the middle."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import boto3
import pytest

QUERY = b"AmazonAthena.StartQueryExecution"


class Proxy:
    """Passes bytes on; what `refuse` answers to a request is sent back in its place.

    dies_at: the number of the query that is not answered any more, nor anything after it.
    """

    def __init__(self, refuse: Callable[[bytes], bytes | None], dies_at: int | None) -> None:
        self.refuse, self.dies_at, self.queries = refuse, dies_at, 0
        self.endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in self.sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection((self.endpoint.hostname, self.endpoint.port))
                self.sockets += [client, server]
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client, server:
            while sent := client.recv(65536):
                self.queries += sent.count(QUERY)
                if self.dies_at and self.queries >= self.dies_at:
                    self.close()
                    return
                if answer := self.refuse(sent):
                    client.sendall(answer)
                    return
                server.sendall(sent)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while received := server.recv(65536):
                client.sendall(received)


@contextmanager
def behind_proxy(
    refuse: Callable[[bytes], bytes | None] = lambda sent: None, dies_at: int | None = None
) -> Iterator[None]:
    """Everything in this block that speaks to AWS does so through the proxy, without retries."""
    proxy = Proxy(refuse, dies_at)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", proxy.url)
            patch.setenv("AWS_MAX_ATTEMPTS", "1")
            patch.setattr(boto3, "DEFAULT_SESSION", None)
            yield
    finally:
        proxy.close()


def refusal(sent: bytes, code: str, message: str) -> bytes:
    """How AWS refuses this request: S3 in XML (nothing to HEAD), the others in JSON."""
    if b"\r\nx-amz-target:" in sent.lower():
        body = f'{{"__type": "{code}", "message": "{message}"}}'
    elif sent.startswith(b"HEAD"):
        body = ""
    else:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    head = ("HTTP/1.1 400 Bad Request", f"Content-Length: {len(body)}", "Connection: close", "")
    return "\r\n".join((*head, body)).encode()
