"""Accounts as a run holds them: where each may be spent, and its token. The component sees neither secret nor token."""

import time
from dataclasses import dataclass

from . import oauth, origin
from .origin import Endpoint

# Upload sessions and driveItems (Microsoft Graph, "uploadSession" and "driveItem" resources).
GRAPH_LINK_FIELDS = ("uploadUrl", "@microsoft.graph.downloadUrl", "@content.downloadUrl")


@dataclass(frozen=True)
class Service:
    endpoint: Endpoint
    methods: frozenset[str]


class Account:
    """An account that a run may spend."""

    def __init__(self, name, config, connections):
        self.name, self.kind = name, config.kind
        self.config, self.connections = config, connections
        self.hosts = frozenset(origin.host(host) for host in config.hosts)
        self.token = None
        if config.kind == "domo":
            api = origin.endpoint(config.endpoints["api"])
            self.services = {"api": Service(api, frozenset({"GET", "POST"}))}
            self.token_endpoint = origin.endpoint(f"{api}/oauth/token")
            self.link_fields = ()
        else:
            graph = origin.endpoint(config.endpoints["graph"])
            self.services = {"graph": Service(graph, frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"}))}
            login = origin.endpoint(config.endpoints["login"])
            self.token_endpoint = origin.endpoint(f"{login}/{config.tenant}/oauth2/v2.0")
            self.link_fields = GRAPH_LINK_FIELDS

    def signed_in(self, renew=False):
        """The current token, signing in where there is none that is good for use."""
        if renew or not self.token or self.token.renew_at <= time.time():
            self.token = None
            sign_in = oauth.domo if self.kind == "domo" else oauth.entra
            self.token = sign_in(self)
        return self.token

    def spend(self):
        """The header that spends the account. Called last, when the policy has let the request pass."""
        return "Authorization", f"Bearer {self.signed_in().value}"
