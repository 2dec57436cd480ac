"""Sends a request once over kept connections. It follows no redirect, repeats nothing, and vets the address that it connects to."""

import http.client
import ipaddress
import select
import socket
import ssl
import time

CONNECT_SECONDS = 15
# From the end of a request to the first byte of its reply.
REPLY_SECONDS = 300
# Without a byte in either direction.
IDLE_SECONDS = 60
# A kept connection is dropped before the usual load balancer does so (Azure Front Door: 90 s).
KEPT_SECONDS = 60
CA_HINT = "hint: name the certificate authority in `egress.ca_file`"


class Failed(Exception):
    """No reply, or not all of it."""


class TimedOut(Failed):
    """Nothing came in time."""


class Forbidden(Failed):
    """The address may not be reached, or is not who it should be."""


class Connections:
    """The connections of one run, kept by origin."""

    def __init__(self, allow_addresses=frozenset(), ca_file=None):
        self.allow_addresses = allow_addresses
        self.tls = ssl.create_default_context()
        if ca_file:
            self.tls.load_verify_locations(ca_file)
        self.kept = {}

    def send(self, method, url, headers, length, chunks):
        """The reply's head; its body is read from the exchange."""
        connection = self.take(url.origin) or self.connect(url.origin)
        try:
            connection.putrequest(method, url.target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            # The length is always told: services refuse uploads without one.
            if length or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(length))
            connection.sock.settimeout(IDLE_SECONDS)
            write(connection, chunks)
            connection.sock.settimeout(REPLY_SECONDS)
            response = connection.getresponse()
            connection.sock and connection.sock.settimeout(IDLE_SECONDS)
        except TimeoutError as error:
            connection.close()
            raise TimedOut(f"no reply from `{url.origin}` in time") from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Failed(f"no reply from `{url.origin}`: {reason(error)}") from error
        return Exchange(self, url.origin, connection, response)

    def take(self, origin):
        """A kept connection that is still good. One with something to read has ended, or is out of step."""
        while self.kept.get(origin):
            connection, since = self.kept[origin].pop()
            if time.monotonic() - since < KEPT_SECONDS and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        return None

    def keep(self, origin, connection):
        self.kept.setdefault(origin, []).append((connection, time.monotonic()))

    def connect(self, origin):
        sock = self.dial(origin)
        connection = http.client.HTTPConnection(origin.host.strip("[]"), origin.port)
        connection.sock = sock
        connection.auto_open = False
        return connection

    def dial(self, origin):
        """Connects to the very address that was looked at."""
        host = origin.host.strip("[]")
        try:
            for *_, address in socket.getaddrinfo(host, origin.port, type=socket.SOCK_STREAM):
                if self.may_reach(origin, address):
                    return self.secured(origin, socket.create_connection(address[:2], CONNECT_SECONDS))
        except ssl.SSLCertVerificationError as error:
            raise Forbidden(f"the certificate of `{origin}` is not trusted: {error.verify_message}\n{CA_HINT}") from error
        except TimeoutError as error:
            raise TimedOut(f"no connection to `{origin}` within {CONNECT_SECONDS} s") from error
        except OSError as error:
            raise Failed(f"no connection to `{origin}`: {reason(error)}") from error
        raise Forbidden(f"`{origin}` is at a private address, or not https\nhint: add its address to `egress.allow_addresses`")

    def may_reach(self, origin, address):
        ip = ipaddress.ip_address(address[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        shown = f"[{ip}]:{origin.port}" if ip.version == 6 else f"{ip}:{origin.port}"
        return shown in self.allow_addresses or (origin.scheme == "https" and ip.is_global and not ip.is_multicast)

    def secured(self, origin, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if origin.scheme == "http":
            return sock
        try:
            return self.tls.wrap_socket(sock, server_hostname=origin.host.strip("[]"))
        except OSError:
            sock.close()
            raise

    def close(self):
        for connections in self.kept.values():
            for connection, _ in connections:
                connection.close()
        self.kept.clear()


def write(connection, chunks):
    connection.endheaders()
    try:
        for chunk in chunks:
            connection.send(chunk)
    except (BrokenPipeError, ConnectionResetError):
        # A service may answer before it has read all, and then read no more. If it has not, reading its answer fails.
        pass


class Exchange:
    """A reply. Its connection is kept when the body has been read to its end."""

    def __init__(self, connections, origin, connection, response):
        self.connections, self.origin = connections, origin
        self.connection, self.response = connection, response
        self.status = response.status

    def headers(self):
        return [(name.lower(), value) for name, value in self.response.getheaders()]

    def header(self, name):
        return self.response.headers.get(name)

    def read(self, most):
        """The next bytes; none at the end. A body that ends before its declared length is not at its end."""
        try:
            part = self.response.read(most)
        except TimeoutError as error:
            self.close()
            raise TimedOut(f"no byte from `{self.origin}` within a reply for {IDLE_SECONDS} s") from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Failed(f"the reply of `{self.origin}` broke off: {reason(error)}") from error
        if not part and self.response.length:
            self.close()
            raise Failed(f"the reply of `{self.origin}` broke off: {self.response.length} bytes are missing")
        if not part:
            self.finish()
        return part

    def read_all(self, limit):
        """The whole body, or its first `limit` bytes."""
        body = b""
        while part := self.read(limit + 1 - len(body)):
            body += part
            if len(body) > limit:
                self.close()
                break
        return body

    def finish(self):
        connection, self.connection = self.connection, None
        if not connection:
            return
        if self.response.will_close or self.status == 503:
            connection.close()
        else:
            self.connections.keep(self.origin, connection)

    def close(self):
        """Ends it wherever it is: a connection with an unread body cannot be used again."""
        self.response.close()
        if self.connection:
            self.connection.close()
            self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def reason(error):
    return str(error) or type(error).__name__
