"""Asks for tokens: client credentials of Domo and of Entra ID, each with a client secret. Certificates and users are left out."""

import base64
import json
import time
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from . import origin
from .config import ConfigError
from .connections import Failed, Forbidden

ATTEMPTS = 3
USUAL_LIFE_SECONDS = 3599
# A token is renewed this long before it ends, so that it does not end within a request.
SKEW_SECONDS = 300
LONGEST_PAUSE_SECONDS = 60
REPLY_BYTES = 256 << 10


class Refused(Exception):
    """The service will not sign the account in. Asking again is of no use."""


class Unavailable(Exception):
    """Passing trouble of the sign-in service."""


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    expires: float
    renew_at: float
    subject: str | None
    roles: list[str]
    scopes: list[str]


def domo(account):
    secret = value_of(account)
    parameters = {"grant_type": "client_credentials"}
    if account.config.scope:
        parameters["scope"] = " ".join(account.config.scope)
    basic = base64.b64encode(f"{account.config.client_id}:{secret}".encode()).decode()
    url = f"{account.token_endpoint}?{urlencode(parameters)}"
    reply = ask(account, "Domo", "GET", url, [("Authorization", f"Basic {basic}")], b"", secret)
    role = reply.get("role")
    return token(reply, text(reply.get("userId")), [role] if role else [], words(reply.get("scope")))


def entra(account):
    secret = value_of(account)
    form = {
        "client_id": account.config.client_id,
        "scope": "https://graph.microsoft.com/.default",
        "grant_type": "client_credentials",
        "client_secret": secret,
    }
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    reply = ask(account, "Entra ID", "POST", f"{account.token_endpoint}/token", headers, urlencode(form).encode(), secret)
    claims = claims_of(reply["access_token"])
    return token(reply, text(claims.get("oid") or claims.get("sub")), claims.get("roles", []), words(claims.get("scp")))


def value_of(account):
    try:
        return account.config.client_secret.read()
    except (ConfigError, OSError) as error:
        raise Refused(f"account `{account.name}`: {error}") from error


def ask(account, service, method, url, headers, body, secret):
    """Asks a bounded number of times: the component cannot see these requests, so it cannot repeat them."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            status, reply, pause = once(account.connections, method, url, headers, body)
        except Forbidden as error:
            raise Refused(f"account `{account.name}`: {error}") from error
        except Failed as error:
            status, reply, pause, said = None, {}, None, str(error)
        else:
            if status == 200 and isinstance(reply.get("access_token"), str):
                return reply
            said = f"{service} answered HTTP {status}{cause(reply)}"
        said = f"account `{account.name}`: {said}".replace(secret, "…").replace(quote_plus(secret), "…")
        if status is not None and status not in (200, 408, 425, 429) and status < 500:
            raise Refused(f"{said}\nhint: check `client_id` and `client_secret` of the account")
        pause = 0.5 * 2 ** (attempt - 1) if pause is None else pause
        if attempt == ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
            raise Unavailable(f"{said} (tried {attempt} times)")
        time.sleep(pause)


def once(connections, method, url, headers, body):
    url = origin.parse(url)
    with connections.send(method, url, [("Accept", "application/json"), *headers], len(body), [body]) as exchange:
        read = exchange.read_all(REPLY_BYTES)
        try:
            reply = json.loads(read)
        except ValueError:
            reply = None
        pause = exchange.header("retry-after") or ""
        return exchange.status, reply if isinstance(reply, dict) else {}, int(pause) if pause.isdecimal() else None


def cause(reply):
    """What the service says, with its trace id: Domo's error bodies have several shapes."""
    said = next((reply[key] for key in ("message", "error_description", "statusReason", "error") if text(reply.get(key))), None)
    trace = reply.get("toe") or reply.get("trace_id")
    sentence = f" `{text(said).splitlines()[0].split(' Trace ID:')[0].rstrip('.')}`" if said else ""
    return sentence + (f" (trace `{trace}`)" if trace else "")


def token(reply, subject, roles, scopes):
    life = int(reply.get("expires_in") or USUAL_LIFE_SECONDS)
    now = time.time()
    # A token that lives for less than twice the skew is used for half of its life.
    used = max(life - SKEW_SECONDS, life / 2)
    return Token(reply["access_token"], now + life, now + used, subject, roles, scopes)


def claims_of(jwt):
    """What the token says about itself. Its signature is not verified: the claims inform people, they grant nothing."""
    try:
        payload = jwt.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}


def text(value):
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def words(value):
    return value.split() if isinstance(value, str) else []
