"""Decides whether a request may be sent, from its text and the run's accounts alone: before a name is resolved or a secret read."""

import re

from . import origin
from .origin import BadUrl

# Credentials, message framing (RFC 9112) and connection management (RFC 9110, 7.6) are the host's.
OWNED = {
    "authorization", "cookie", "host", "content-length", "transfer-encoding", "connection", "keep-alive",
    "te", "trailer", "upgrade", "expect", "http2-settings", "accept-encoding",
}  # fmt: skip
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VISIBLE = re.compile(r"[ -~]*")
MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 << 10
MAX_URL_BYTES = 8 << 10


class Denied(Exception):
    """The policy forbids a request."""


def permit(method, url, account, lent, links):
    """The URL to ask, and the link that it is, if it is one."""
    if url.startswith("link:"):
        return permit_link(url, account, links)
    if len(url) > MAX_URL_BYTES:
        raise Denied(f"the URL has more than {MAX_URL_BYTES} bytes")
    try:
        url = origin.parse(url)
    except BadUrl as error:
        raise Denied(f"the request is denied: {error}") from error
    for candidate in [account] if account else lent:
        if candidate.token_endpoint.contains_however_spelled(url):
            raise Denied(f"the request to `{url.origin}` is denied: the token endpoint of `{url.origin}` is the host's alone")
        service = next((service for service in candidate.services.values() if service.endpoint.contains(url)), None)
        if service and method not in service.methods:
            raise Denied(f"the request to `{url.origin}` is denied: {method} is not used on `{service.endpoint}`")
        if service:
            return url, None
    if account:
        services = ", ".join(f"`{service.endpoint}`" for service in account.services.values())
        raise Denied(f"the request to `{url.origin}` is denied: account `{account.name}` is only spent on {services}")
    raise Denied(f"the request to `{url.origin}` is denied: it belongs to no account of this run")


def permit_link(name, account, links):
    if account:
        raise Denied("a link is sent without an account")
    link = links.find(name)
    if not link:
        raise Denied(f"`{name[:32]}` is not a link of this run")
    try:
        url = origin.parse(link.url)
    except BadUrl as error:
        raise Denied(f"`{name}` is denied: {error}") from error
    if url.origin not in link.account.hosts:
        raise Denied(
            f"the request to `{url.origin}` is denied: it is not one of the `hosts` of account `{link.account.name}`\n"
            f"hint: add it to `hosts` under `[accounts.{link.account.name}]`"
        )
    return url, link


def police(headers):
    """The component's headers, unless one of them is the host's or could end the line."""
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise Denied("there are too many headers")
    for name, value in headers:
        word = name.lower()
        if not TOKEN.fullmatch(name):
            raise Denied("a header's name is not a token")
        if (word in OWNED or word.startswith("proxy-")) and (word, value.lower()) != ("accept-encoding", "identity"):
            raise Denied(f"the header `{word}` is the host's to set")
        if not VISIBLE.fullmatch(value):
            raise Denied(f"the value of the header `{word}` is not visible ASCII")
    return headers
