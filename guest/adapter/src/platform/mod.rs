//! The component: the connector's imports as exports, on the imports of WASI.

mod accounts;
mod checkpoint;
mod files;
mod http;
mod progress;
mod reply;
mod secrets;
mod session;
mod settings;
mod sign_in;
mod spool;
mod state;
mod time;
mod wire;
mod world;

#[cfg(not(feature = "store"))]
wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "writeback:portable/adapter",
    generate_all,
});

#[cfg(feature = "store")]
wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "writeback:portable/adapter-with-store",
    generate_all,
});

use exports::writeback::connector as offered;

struct Adapter;
export!(Adapter);
