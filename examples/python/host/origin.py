"""URLs, read strictly: one that two readers could read differently is refused. Nothing is resolved here."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

URL = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(/[^?#]*)?(\?[^#]*)?", re.IGNORECASE)
PORTS = {"https": 443, "http": 80}
# How often a path may be percent-encoded.
DECODINGS = 8


class BadUrl(Exception):
    """Why a URL is not one to send a request to."""


@dataclass(frozen=True)
class Origin:
    scheme: str
    host: str
    port: int

    def __str__(self):
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


@dataclass(frozen=True)
class Url:
    origin: Origin
    path: str
    query: str

    @property
    def target(self):
        """What the request line names."""
        return self.path + self.query


@dataclass(frozen=True)
class Endpoint:
    """A service's base URL: an origin and a path prefix."""

    origin: Origin
    prefix: str

    def __str__(self):
        return f"{self.origin}{self.prefix}"

    def contains(self, url):
        return url.origin == self.origin and begins_with(url.path, self.prefix)

    def contains_however_spelled(self, url):
        return url.origin == self.origin and begins_with(canonical(url.path), canonical(self.prefix))


def parse(text):
    if not all("!" <= letter <= "~" for letter in text) or "\\" in text:
        raise BadUrl("the URL has characters that must be percent-encoded")
    found = URL.fullmatch(text)
    if not found:
        raise BadUrl("the URL is not an absolute http or https URL without user information and fragment")
    scheme, host, port, path, query = found.groups()
    url = Url(origin(scheme, host, port), path or "/", query or "")
    canonical(url.path)
    return url


def origin(scheme, host, port):
    scheme = scheme.lower()
    number = int(port) if port else PORTS[scheme]
    if not 0 < number < 65536:
        raise BadUrl("the URL's port is none")
    return Origin(scheme, host.lower(), number)


def endpoint(text):
    url = parse(text)
    if url.query:
        raise BadUrl(f"`{text}` must be a base URL")
    return Endpoint(url.origin, url.path.rstrip("/"))


def host(text):
    """An entry of `hosts`: `host`, `host:port` (both https) or a whole origin."""
    return parse(text if "://" in text else f"https://{text}").origin


def begins_with(path, prefix):
    return path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/")


def canonical(path):
    """The path as a lenient server may read it. A segment `..` is refused, however it is encoded."""
    for _ in range(DECODINGS):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    else:
        raise BadUrl("the URL's path is encoded too often")
    segments = [segment.split(";")[0].strip() for segment in re.split(r"[/\\]", path.lower())]
    if ".." in segments:
        raise BadUrl("the URL's path climbs")
    return "".join(f"/{segment}" for segment in segments if segment not in ("", "."))
