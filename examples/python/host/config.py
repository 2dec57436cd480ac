"""Reads `writeback.toml`: the accounts, and which private addresses may be reached. It says where secrets are, never what they are.

Only the keys below are known. Any other is refused: a setting that is passed over in silence may be one that somebody relies on.
"""

import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_KEYS = {
    "domo": {"kind", "client_id", "client_secret", "scope", "endpoints"},
    "entra": {"kind", "tenant", "client_id", "client_secret", "hosts", "endpoints"},
}
ENDPOINTS = {
    "domo": {"api": "https://api.domo.com"},
    "entra": {"login": "https://login.microsoftonline.com", "graph": "https://graph.microsoft.com/v1.0"},
}


class ConfigError(Exception):
    """Something in the configuration that a person has to mend."""


@dataclass(frozen=True)
class Secret:
    """Where a secret's value is. The value is read when the account signs in, and is not kept."""

    env: str | None = None
    file: Path | None = None

    def read(self):
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise ConfigError(f"the environment variable `{self.env}` is not set")
            return value
        if stat.S_IMODE(self.file.stat().st_mode) & 0o026:
            raise ConfigError(f"`{self.file}` can be read by everyone or written by others\nhint: chmod 600 {self.file}")
        return self.file.read_text().removesuffix("\n").removesuffix("\r")


@dataclass(frozen=True)
class Account:
    """What the configuration says of an account."""

    kind: str
    client_id: str
    client_secret: Secret
    endpoints: dict[str, str]
    tenant: str | None = None
    hosts: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    accounts: dict[str, Account]
    # `IP:PORT` that may be private, and spoken to without TLS.
    allow_addresses: frozenset[str]
    ca_file: Path | None


def load(path):
    path = Path(path)
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read `{path}`: {error}") from error
    known("the configuration", document, {"accounts", "egress"})
    egress = document.get("egress", {})
    known("[egress]", egress, {"allow_addresses", "ca_file"})
    accounts = {name: account(name, table, path.parent) for name, table in document.get("accounts", {}).items()}
    ca_file = path.parent / egress["ca_file"] if "ca_file" in egress else None
    return Config(accounts, frozenset(egress.get("allow_addresses", ())), ca_file)


def account(name, table, folder):
    where, kind = f"[accounts.{name}]", table.get("kind")
    if kind not in ACCOUNT_KEYS:
        raise ConfigError(f'{where}: `kind` must be "domo" or "entra"')
    known(where, table, ACCOUNT_KEYS[kind])
    needed = {"client_id", "client_secret"} | ({"tenant"} if kind == "entra" else set())
    if missing := needed - table.keys():
        raise ConfigError(f"{where}: `{min(missing)}` is missing")
    endpoints = table.get("endpoints", {})
    known(f"[accounts.{name}.endpoints]", endpoints, ENDPOINTS[kind].keys())
    return Account(
        kind=kind,
        client_id=table["client_id"],
        client_secret=secret(where, table["client_secret"], folder),
        endpoints=ENDPOINTS[kind] | endpoints,
        tenant=table.get("tenant"),
        hosts=tuple(table.get("hosts", ())),
        scope=tuple(table.get("scope", ())),
    )


def secret(where, source, folder):
    match source:
        case {"env": str(name), **rest} if not rest:
            return Secret(env=name)
        case {"file": str(name), **rest} if not rest:
            return Secret(file=folder / name)
    raise ConfigError(f'{where}: `client_secret` must be {{ env = "NAME" }} or {{ file = "path" }}')


def known(where, table, keys):
    if unknown := table.keys() - keys:
        raise ConfigError(f"{where}: this example does not know `{min(unknown)}`")
