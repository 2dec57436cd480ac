"""Calls the portable `library` build from Python: `library.py COMPONENT JOB`, and prints the receipt.

What it reads besides is in this process's environment. One instance makes one call.
"""

import json
import os
import sys
import tomllib

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

WRITEBACK = "writeback:connector/writeback@0.1.0"


def main():
    component, job = sys.argv[1:]
    with open(job, "rb") as file:
        job = json.dumps(tomllib.load(file))
    engine = Engine()
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    wasi = WasiConfig()
    wasi.env = list(os.environ.items())
    wasi.inherit_stderr()
    store = Store(engine)
    store.set_wasi(wasi)
    store.set_wasi_http()
    instance = linker.instantiate(store, Component.from_file(engine, component))
    run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, WRITEBACK)))
    answer = run(store, job, None)
    if not isinstance(answer, str):
        sys.exit(f"{answer.code}: {answer.message}")
    print(answer)


main()
