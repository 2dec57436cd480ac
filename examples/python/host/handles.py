"""What the component holds by number: accounts, blobs and replies."""

from wasmtime.component import ResourceHost, ResourceType

MOST = 1000


class Handles:
    """The handles of one resource type. The component has numbers, and only those that it was given."""

    def __init__(self, number):
        self.number = number
        self.type = ResourceType.host(number)
        self.held = {}
        self.last = 0

    def give(self, thing):
        if len(self.held) == MOST:
            raise RuntimeError(f"the component holds {MOST} handles of a kind already")
        self.last += 1
        self.held[self.last] = thing
        return ResourceHost.own(self.last, self.number)

    def get(self, store, handle):
        return self.held[handle.to_host(store).rep]

    def drop(self, _store, rep):
        self.held.pop(rep).close()
