"""Keeps pre-authenticated URLs from the component: replies have `link:N` in their place, and `link:N` works as a request's URL."""

import json
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Link:
    """Not shown anywhere: the URL opens what it leads to."""

    url: str = field(repr=False)
    account: object

    def redact(self, text):
        """`text` without this URL, or the parts of it that open as much, should a service repeat it."""
        rest = self.url.split("://", 1)[1]
        query = rest.partition("?")[2]
        values = [pair.partition("=")[2] for pair in query.split("&")]
        for part in [self.url, rest[rest.find("/") :], query, *values]:
            if len(part) >= 16:
                text = text.replace(part, "…")
        return text


class Links:
    """The links of one run, by number."""

    def __init__(self):
        self.links = {}
        self.numbers = {}
        self.last = 0

    def hide(self, url, account):
        """The name that the component may know `url` by."""
        link = Link(url, account)
        if link not in self.numbers:
            self.keep(self.last + 1, link)
        return f"link:{self.numbers[link]}"

    def keep(self, number, link):
        self.links[number], self.numbers[link] = link, number
        self.last = max(self.last, number)

    def find(self, name):
        number = name.removeprefix("link:")
        return self.links.get(int(number)) if re.fullmatch("[0-9]{1,9}", number) else None

    def named_in(self, state):
        """Those that a checkpoint names, as JSON. It is as secret as they are."""
        numbers = {int(number) for number in re.findall(rb"link:([0-9]{1,9})", state)} & self.links.keys()
        return json.dumps({number: [self.links[number].url, self.links[number].account.name] for number in numbers})

    def restore(self, text, accounts):
        for number, (url, name) in json.loads(text).items():
            if name in accounts:
                self.keep(int(number), Link(url, accounts[name]))


def without_links(body, account, about, links):
    """A JSON document with `link:N` in place of each pre-authenticated URL, and without the link that it is about."""
    document = scrub(json.loads(body), account, about, links)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def scrub(value, account, about, links):
    match value:
        case dict():
            return {
                name: links.hide(member, account)
                if isinstance(member, str) and is_link_field(name, account.link_fields)
                else scrub(member, account, about, links)
                for name, member in value.items()
            }
        case list():
            return [scrub(item, account, about, links) for item in value]
        case str() if about:
            return about.redact(value)
    return value


def is_link_field(name, fields):
    """OData annotations may name the property that they belong to (`content@microsoft.graph.downloadUrl`)."""
    return any(name.endswith(field) if field.startswith("@") else name == field for field in fields)
