"""The component, compiled once; each run has a store and imports of its own, dropped after."""

import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass

from wasmtime import Config as EngineConfig
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

from . import bulk
from .links import Links
from .ports.http import Http
from .ports.secrets import Secrets
from .ports.small import Checkpoint, Exclusive, Progress, Random, Time
from .ports.spool import Spool

bulk.install()

PACKAGE, VERSION = "writeback:connector", "0.1.0"
WRITEBACK = f"{PACKAGE}/writeback@{VERSION}"
MEMORY_BYTES = 64 << 20


class Failure(Exception):
    """Why a job ended without a receipt."""

    def __init__(self, record):
        super().__init__(record.message)
        self.code, self.message, self.hint, self.retry_after = record.code, record.message, record.hint, getattr(record, "retry-after")


class Connector:
    def __init__(self, path):
        config = EngineConfig()
        config.wasm_component_model = True
        self.engine = Engine(config)
        self.component = Component.from_file(self.engine, path)

    def accounts_of(self, job):
        """The names of the accounts that a job asks for, and the kinds that fit: the connector says where they stand."""
        description = json.loads(self.call(Imports.none(), "describe"))
        for wanted in description["accounts"]:
            value = job
            for member in wanted["pointer"].split("/")[1:]:
                value = value.get(member) if isinstance(value, dict) else None
            if isinstance(value, str):
                yield value, wanted["kinds"]

    def run(self, run, job):
        """The receipt of a job, as JSON."""
        imports = Imports(run)
        try:
            return self.call(imports, "run", json.dumps(job), imports.checkpoint.last(run.accounts))
        finally:
            imports.exclusive.close()

    def call(self, imports, name, *arguments):
        store = Store(self.engine)
        store.set_limits(memory_size=MEMORY_BYTES)
        linker = Linker(self.engine)
        imports.link(linker)
        instance = linker.instantiate(store, self.component)
        exported = instance.get_export_index(store, WRITEBACK)
        answer = instance.get_func(store, instance.get_export_index(store, name, exported))(store, *arguments)
        if isinstance(answer, str):
            return answer
        raise Failure(answer)


@dataclass
class Run:
    """What one run is given."""

    accounts: dict
    connections: object
    # The run's own folder, and the one that runs which must take turns share.
    folder: object
    turns: object
    cancel: threading.Event


class Imports:
    """All that a run can reach. The linker has nothing else, so a component that wants more does not instantiate."""

    def __init__(self, run):
        links = Links()
        self.secrets, self.spool = Secrets(run.accounts), Spool(run.folder)
        self.http = Http(run, links, self.secrets, self.spool)
        self.time, self.progress = Time(run.cancel), Progress()
        self.checkpoint, self.exclusive = Checkpoint(run.folder, links), Exclusive(run.turns, run.cancel)

    @classmethod
    def none(cls):
        """For a component that is only asked to describe itself."""
        return cls(Run({}, None, None, None, threading.Event()))

    def link(self, linker):
        with ExitStack() as stack:
            root = stack.enter_context(linker.root())
            for name in ("secrets", "spool", "http", "time", "checkpoint", "exclusive", "progress"):
                with root.add_instance(f"{PACKAGE}/{name}@{VERSION}") as instance:
                    getattr(self, name).link(instance)
            with root.add_instance("wasi:random/insecure-seed@0.2.12") as instance:
                Random().link(instance)
