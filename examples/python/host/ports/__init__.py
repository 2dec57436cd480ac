"""The connector's imports, one interface a file. Functions have the names of `wit/`; results follow the `wasmtime` package's rules: the
value itself or the error, which is a `Variant` where its cases are told apart by name alone."""
