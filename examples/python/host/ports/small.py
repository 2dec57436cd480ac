"""`time`, `random`, `progress`, `checkpoint` and `exclusive`: a function or two each."""

import hashlib
import secrets
import sys
import time

from wasmtime.component import Variant

from .. import files

STATE_BYTES = 1 << 20
LINE_CHARS = 4096
# How often a turn that another run holds is asked for.
LOOK_SECONDS = 0.1


class Time:
    def __init__(self, cancel):
        self.cancel = cancel

    def link(self, instance):
        instance.add_func("now", lambda _store: time.time_ns() // 1_000_000)
        instance.add_func("sleep", self.sleep)

    def sleep(self, _store, milliseconds):
        return "cancelled" if self.cancel.wait(milliseconds / 1000) else None


class Random:
    """A seed for the jitter between attempts. It need not be secret."""

    def link(self, instance):
        instance.add_func("insecure-seed", lambda _store: (secrets.randbits(64), secrets.randbits(64)))


class Progress:
    """Steps and lines on stderr, the bytes once a second. What the component says cannot steer a terminal."""

    def __init__(self):
        self.told = 0

    def link(self, instance):
        instance.add_func("report", self.report)
        instance.add_func("log", self.log)

    def report(self, _store, step):
        if step.tag in ("exporting", "uploading"):
            if time.monotonic() - self.told < 1:
                return
            self.told = time.monotonic()
        match step:
            case Variant(tag="uploading", payload=(sent, total)):
                say(f"uploading {sent} of {total} bytes")
            case Variant(tag="exporting", payload=number):
                say(f"exporting {number} bytes")
            case Variant(tag="waiting", payload=number):
                say(f"waiting {number} ms")
            case Variant(tag=what):
                say(what)

    def log(self, _store, level, text):
        say(f"{level}: {text}")


def say(text):
    print("".join(letter if letter.isprintable() else " " for letter in text[:LINE_CHARS]), file=sys.stderr)


class Checkpoint:
    """The state, and before it the links that it names: whoever comes back with the state finds them."""

    def __init__(self, folder, links):
        self.folder, self.links = folder, links

    def link(self, instance):
        instance.add_func("save", self.save)

    def save(self, _store, state):
        if len(state) > STATE_BYTES:
            return f"a checkpoint holds at most {STATE_BYTES} bytes"
        try:
            files.write(self.folder / "links", self.links.named_in(state).encode())
            files.write(self.folder / "checkpoint", state)
        except OSError as error:
            return f"the checkpoint's file: {error.strerror}"
        return None

    def last(self, accounts):
        """What an earlier attempt of this run saved last."""
        path = self.folder / "checkpoint"
        if not path.exists():
            return None
        self.links.restore((self.folder / "links").read_text(), accounts)
        return path.read_bytes()


class Exclusive:
    """Turns among the runs that share a state folder: a locked file for each name."""

    def __init__(self, folder, cancel):
        self.folder, self.cancel = folder, cancel
        self.turn = None

    def link(self, instance):
        instance.add_func("hold", self.hold)

    def hold(self, _store, name):
        if not 1 <= len(name.encode()) <= 1024:
            return "the name of a turn has 1 to 1024 bytes"
        if self.turn:
            return "the run holds a turn already"
        path = self.folder / hashlib.sha256(name.encode()).hexdigest()
        waited = False
        try:
            while not (turn := files.lock(path)):
                waited = True
                if self.cancel.wait(LOOK_SECONDS):
                    return None
        except OSError as error:
            return f"the turn's file: {error.strerror}"
        self.turn = turn
        return waited

    def close(self):
        if self.turn:
            self.turn.close()
