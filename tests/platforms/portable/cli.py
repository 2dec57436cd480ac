"""Runs a portable `cli` build in wasmtime's Python package: `cli.py COMPONENT STATE_FOLDER`.

It gets standard input, this process's environment, and one folder. A build that asks a configuration store
finds this process's environment there, and no variable in its own.
"""

import os
import sys

from wasmtime import Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Component, Linker, Variant


STORE = "wasi:config/store@0.2.0-rc.1"


def give_store(linker):
    """The package has no store of its own."""
    with linker.root() as root, root.add_instance(STORE) as store:
        store.add_func("get", lambda _, key: os.environ.get(key))


def main():
    component, state = sys.argv[1:]
    engine = Engine()
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    wasi = WasiConfig()
    wasi.argv = ["writeback", "run"]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(state, "/state")
    component = Component.from_file(engine, component)
    if STORE in component.type.imports(engine):
        give_store(linker)
    else:
        wasi.env = list(os.environ.items())
    store = Store(engine)
    store.set_wasi(wasi)
    store.set_wasi_http()
    instance = linker.instantiate(store, component)
    interface = next(name for name in component.type.exports(engine) if name.startswith("wasi:cli/run@"))
    run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, interface)))
    try:
        return 0 if run(store) == Variant("ok") else 1
    except ExitTrap as exit:
        return exit.code


sys.exit(main())
