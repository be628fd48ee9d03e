"""A line to the staff pages without a browser: what no browser would send is sent as it is, and nothing is followed.

line = signed_in(server)
line.ask("/sum/", "HEAD", Host="evil.example").status
"""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from browser import Server


@dataclass(frozen=True)
class Got:
    """An answer of the server, without the time."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Line:
    """Sends what no browser would: requests are not corrected on their way.

    Attributes:
        cookie: of a session, "" for a stranger; csrf: that session's token.
    """

    server: Server
    cookie: str = ""
    csrf: str = ""

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Got:
        """Send a request with these headers (Content_Type for Content-Type) and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named, skip_accept_encoding=True)
        sent = ({"Cookie": self.cookie} if self.cookie else {}) | {"Content-Length": str(len(body.encode()))} | named
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
        got = Got(answer.status, found, answer.read())
        connection.close()
        return got

    def post(self, path: str, **fields: str) -> Got:
        """Send a form as a page of ours does, but for what `fields` has otherwise."""
        sent = {"csrf": self.csrf, "seen": "0", "adjustment": "0", "comment": "", **fields}
        form = "application/x-www-form-urlencoded"
        return self.ask(path, "POST", urlencode(sent), Origin=self.server.address, Content_Type=form)


def signed_in(server: Server, name: str = "Grace") -> Line:
    """Open a TA's link without a browser."""
    line = Line(server)
    parts = urlsplit(server.links[name])
    got = line.ask(f"{parts.path}?{parts.query}")
    assert got.status == 303 and got.headers["location"] == "/"
    line.cookie = got.headers["set-cookie"].split(";")[0]
    found = re.search(r'name="csrf" value="([^"]+)"', line.ask("/").text)
    assert found
    line.csrf = found[1]
    return line
