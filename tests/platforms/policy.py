"""Holds the Python example's policy against `policy.json`: what it lets pass, refuses and hides."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "examples/python"))

from host import config, policy  # noqa: E402
from host.account import Account  # noqa: E402
from host.links import Link, Links, without_links  # noqa: E402


def account(name, kind, **more):
    settings = config.Account(kind=kind, client_id="id", client_secret=config.Secret(env="X"), endpoints=config.ENDPOINTS[kind], **more)
    return Account(name, settings, None)


def passes(check, *arguments):
    try:
        check(*arguments)
    except policy.Denied:
        return False
    return True


def main():
    cases = json.loads((HERE / "policy.json").read_text())
    accounts = {"domo": account("domo", "domo"), "sharepoint": account("sharepoint", "entra", tenant="contoso", hosts=("contoso.sharepoint.com",))}
    sharepoint, links = accounts["sharepoint"], Links()
    for url in cases["links"].values():
        links.hide(url, sharepoint)
    for method, url, name, allowed in cases["requests"]:
        found = passes(policy.permit, method, url, accounts.get(name), accounts.values(), links)
        assert found == allowed, f"{method} {url} with {name}: {found}"
    for name, value, allowed in cases["headers"]:
        assert passes(policy.police, [(name, value)]) == allowed, f"{name}: {value}"
    about = Link(cases["links"]["link:1"], sharepoint)
    for before, after in cases["replies"]:
        assert json.loads(without_links(json.dumps(before).encode(), sharepoint, None, links)) == after, before
    for before, after in cases["about"]:
        assert json.loads(without_links(json.dumps(before).encode(), sharepoint, about, links)) == after, before
    print(f"policy of the Python example: {sum(map(len, cases.values()))} cases hold")


main()
