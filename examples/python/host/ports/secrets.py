"""`secrets`: lends accounts as handles. Nothing here returns a secret or a token."""

from wasmtime.component import Record, Variant

from ..account import Account
from ..handles import Handles
from ..oauth import Refused, Unavailable

# Renewals that a component may ask for, each account and run.
RENEWALS = 2


class Lent:
    """An account that the component holds."""

    def __init__(self, account: Account):
        self.account = account

    def close(self):
        """Nothing ends with the handle."""


class Secrets:
    def __init__(self, accounts):
        self.accounts = accounts
        self.renewals = {}
        self.handles = Handles(1)

    def link(self, instance):
        instance.add_resource("secret", self.handles.type, self.handles.drop)
        instance.add_func("open", self.open)
        instance.add_func("[method]secret.endpoint", self.endpoint)
        instance.add_func("[method]secret.identity", self.identity)
        instance.add_func("[method]secret.renew", self.renew)

    def account(self, store, handle):
        return self.handles.get(store, handle).account

    def open(self, _store, name):
        if name not in self.accounts:
            return Variant("undeclared", f"the run was not given an account `{name}`")
        return self.handles.give(Lent(self.accounts[name]))

    def endpoint(self, store, handle, service):
        account = self.account(store, handle)
        if service not in account.services:
            return Variant("undeclared", f"account `{account.name}` (kind `{account.kind}`) has no service `{service}`")
        return str(account.services[service].endpoint)

    def identity(self, store, handle):
        token = attempt(self.account(store, handle).signed_in)
        if isinstance(token, Variant):
            return token
        identity = Record()
        identity.subject, identity.roles, identity.scopes = token.subject, token.roles, token.scopes
        identity.expires = int(token.expires * 1000)
        return identity

    def renew(self, store, handle):
        account = self.account(store, handle)
        done = self.renewals.get(account.name, 0)
        if done == RENEWALS:
            return Variant("refused", f"account `{account.name}` was signed in again {RENEWALS} times in this run already")
        self.renewals[account.name] = done + 1
        renewed = attempt(lambda: account.signed_in(renew=True))
        return renewed if isinstance(renewed, Variant) else None


def attempt(sign_in):
    try:
        return sign_in()
    except Refused as error:
        return Variant("refused", str(error))
    except Unavailable as error:
        return Variant("unavailable", str(error))
