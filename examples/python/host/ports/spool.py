"""`spool`: blobs in files of the run's folder. Names are words, never paths."""

import os
import re

from wasmtime.component import Variant

from ..files import sync_folder
from ..handles import Handles

NAME = re.compile(r"[a-z0-9_-][a-z0-9_.-]{0,63}")
BLOBS = 64
READ_BYTES = 16 << 10


class SpoolError(Exception):
    """A call that does not fit the blob's state."""


class Blob:
    """Written by appending, sealed, then read at any offset. An unsealed blob's file ends in `.part`; sealing renames it."""

    def __init__(self, path):
        self.path, self.part = path, path.with_name(path.name + ".part")
        self.sealed = path.exists()
        self.length = path.stat().st_size if self.sealed else 0
        self.file = None if self.sealed else self.part.open("wb")

    def append(self, data):
        if self.sealed:
            raise SpoolError(f"blob `{self.path.name}` is sealed")
        self.file.write(data)
        self.length += len(data)

    def seal(self):
        if self.sealed:
            return
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.part.rename(self.path)
        sync_folder(self.path.parent)
        self.sealed = True

    def reset(self):
        if self.file:
            self.file.close()
        self.path.unlink(missing_ok=True)
        self.file, self.sealed, self.length = self.part.open("wb"), False, 0

    def chunks(self, offset, length):
        """`length` bytes from `offset`, a few at a time."""
        if offset + length > self.length:
            raise SpoolError(f"blob `{self.path.name}` ends at {self.length} bytes, before {offset} + {length}")
        if not self.sealed:
            self.file.flush()
        return chunks(self.path if self.sealed else self.part, offset, length)

    def close(self):
        """The blob stays when its handle goes."""


def chunks(path, offset, length):
    with path.open("rb") as file:
        file.seek(offset)
        while length:
            chunk = file.read(min(length, 256 << 10))
            if not chunk:
                raise OSError(f"`{path.name}` is shorter than it was")
            length -= len(chunk)
            yield chunk


class Spool:
    def __init__(self, folder):
        self.folder = folder
        self.blobs = {}
        self.handles = Handles(2)

    def link(self, instance):
        instance.add_resource("blob", self.handles.type, self.handles.drop)
        instance.add_func("open", self.open)
        instance.add_func("[method]blob.append", lambda store, blob, data: attempt(self.get(store, blob).append, data))
        instance.add_func("[method]blob.seal", lambda store, blob: attempt(self.get(store, blob).seal))
        instance.add_func("[method]blob.reset", lambda store, blob: attempt(self.get(store, blob).reset))
        instance.add_func("[method]blob.length", lambda store, blob: self.get(store, blob).length)
        instance.add_func("[method]blob.sealed", lambda store, blob: self.get(store, blob).sealed)
        instance.add_func("[method]blob.read", lambda store, blob, offset, most: attempt(read, self.get(store, blob), offset, most))

    def get(self, store, handle):
        return self.handles.get(store, handle)

    def open(self, _store, name):
        if not NAME.fullmatch(name) or name.endswith(".part"):
            return Variant("io", "a blob's name is 1 to 64 of a-z, 0-9, `-`, `_`, `.`")
        if name not in self.blobs and len(self.blobs) == BLOBS:
            return Variant("io", f"a run has at most {BLOBS} blobs")
        try:
            blob = self.blobs.get(name) or Blob(self.folder / name)
        except OSError as error:
            return Variant("io", f"the spool's file: {error.strerror}")
        self.blobs[name] = blob
        return self.handles.give(blob)


def read(blob, offset, most):
    length = min(most, READ_BYTES, max(blob.length - offset, 0))
    return b"".join(blob.chunks(offset, length))


def attempt(call, *arguments):
    try:
        return call(*arguments)
    except SpoolError as error:
        return Variant("io", str(error))
    except OSError as error:
        return Variant("io", f"the spool's file: {error.strerror or error}")
