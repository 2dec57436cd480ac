"""`http`: one request, checked, signed in last, sent once. What comes back carries no pre-authenticated URL."""

from urllib.parse import urljoin

from wasmtime.component import Record, Variant

from .. import policy
from ..connections import Failed, Forbidden, TimedOut
from ..handles import Handles
from ..links import without_links
from ..oauth import Refused, Unavailable
from ..origin import BadUrl, parse
from .spool import SpoolError

# JSON replies with links are read whole. Graph's pages are far smaller.
JSON_BYTES = 8 << 20
# Of an error page that is not JSON, this much is worth reading.
PAGE_BYTES = 64 << 10
# Bytes that one read returns at most. Few: on their way to the component each takes 32 bytes of memory.
READ_BYTES = 16 << 10


class Reply:
    """A reply that the component holds: a body that is streamed, or one that has been read and cleaned."""

    def __init__(self, exchange, headers, whole):
        self.exchange, self.headers, self.whole = exchange, headers, whole
        self.broken = None

    def read(self, most):
        most = min(most, READ_BYTES)
        if self.whole is None:
            return self.exchange.read(most)
        part, self.whole = self.whole[:most], self.whole[most:]
        return part

    def close(self):
        self.exchange.close()


class Http:
    def __init__(self, run, links, secrets, spool):
        self.accounts, self.connections, self.cancel = run.accounts, run.connections, run.cancel
        self.links, self.secrets, self.spool = links, secrets, spool
        self.handles = Handles(3)

    def link(self, instance):
        instance.add_resource("response", self.handles.type, self.handles.drop)
        instance.add_func("[method]response.status", lambda store, reply: self.get(store, reply).exchange.status)
        instance.add_func("[method]response.headers", lambda store, reply: [header(*pair) for pair in self.get(store, reply).headers])
        instance.add_func("[method]response.read", self.read)
        instance.add_func("prefetch", self.prefetch)
        instance.add_func("send", self.send)

    def get(self, store, handle):
        return self.handles.get(store, handle)

    def prefetch(self, store, request, auth):
        """A hint that a host may pass over, as this one does: each request is sent when it is asked for."""
        if auth:
            self.secrets.account(store, auth)  # A borrowed handle is taken whatever happens.

    def send(self, store, request, auth):
        # Borrowed handles are taken whatever happens: one that is not is still lent when the call is over, which is a trap.
        account = self.secrets.account(store, auth) if auth else None
        blob = self.spool.get(store, request.content.blob) if isinstance(request.content, Record) else None
        if self.cancel.is_set():
            return Variant("cancelled")
        try:
            length, chunks = body(request.content, blob)
            return self.handles.give(self.exchange(request, account, length, chunks))
        except (policy.Denied, Forbidden) as error:
            return Variant("denied", str(error))
        except SpoolError as error:
            return Variant("denied", f"the content cannot be sent: {error}")
        except Refused as error:
            return Variant("sign-in", str(error))
        except TimedOut as error:
            return Variant("timeout", str(error))
        except (Failed, Unavailable) as error:
            return Variant("transport", str(error))

    def read(self, store, handle, most):
        reply = self.get(store, handle)
        return Variant("cancelled") if self.cancel.is_set() else read(reply, most)

    def exchange(self, request, account, length, chunks):
        method = request.method.upper()
        url, link = policy.permit(method, request.url, account, self.accounts.values(), self.links)
        headers = policy.police([(header.name, header.value) for header in request.headers])
        if account:
            headers = [*headers, account.spend()]
        exchange = self.connections.send(method, url, headers, length, chunks)
        account = link.account if link else account
        try:
            return Reply(exchange, self.headers(exchange, url, account, link), self.cleaned(exchange, account, link))
        except Failed:
            exchange.close()
            raise

    def cleaned(self, exchange, account, link):
        """The body without pre-authenticated URLs, where it may hold one; else `None`, and it is streamed."""
        if account and account.link_fields and is_json(exchange.header("content-type") or ""):
            body = exchange.read_all(JSON_BYTES)
            if len(body) > JSON_BYTES:
                raise Failed(f"the JSON reply of `{exchange.origin}` is larger than {JSON_BYTES} bytes")
            try:
                return without_links(body, account, link, self.links) if body else body
            except ValueError as error:
                raise Failed(f"the JSON reply of `{exchange.origin}` is not valid JSON") from error
        if link and not 200 <= exchange.status < 300:
            return link.redact(exchange.read_all(PAGE_BYTES).decode(errors="replace")).encode()
        return None

    def headers(self, exchange, url, account, link):
        """`Set-Cookie` is a credential; so is where an account's service redirects to, unless it is the service itself."""
        seen = []
        for name, value in exchange.headers():
            if name in ("location", "content-location") and account:
                value = self.location(value, url, account, link)
            elif link:
                value = link.redact(value)
            if name != "set-cookie":
                seen.append((name, value))
        return seen

    def location(self, value, url, account, link):
        there = urljoin(f"{url.origin}{url.target}", value)
        try:
            own = parse(there).origin in {service.endpoint.origin for service in account.services.values()}
        except BadUrl:
            return ""
        return value if own and not link else self.links.hide(there, account)


def body(content, blob):
    """The length of a body and the body, a slice as chunks from the spool's file."""
    if blob:
        return content.length, blob.chunks(content.offset, content.length)
    return len(content or b""), [content] if content else []


def read(reply, most):
    """A body that broke off stays broken, so that the break is never taken for the end."""
    if not reply.broken:
        try:
            return reply.read(most)
        except TimedOut as error:
            reply.broken = Variant("timeout", str(error))
        except Failed as error:
            reply.broken = Variant("transport", str(error))
    return reply.broken


def is_json(content_type):
    essence = content_type.split(";")[0].strip().lower()
    return essence.endswith(("/json", "+json"))


def header(name, value):
    record = Record()
    record.name, record.value = name, value
    return record
