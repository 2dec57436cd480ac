//! The connector world in Rust, generated from the WIT.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "connector",
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "writeback:connector/secrets.secret": crate::ports::secrets::SecretHandle,
        "writeback:connector/spool.blob": crate::ports::spool::Blob,
        "writeback:connector/http.response": crate::ports::http::Reply,
    },
});
