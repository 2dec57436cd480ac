//! The contract as files: the WIT package that the component was made for, with its dependencies.

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../wit/", $path)))
    };
}

/// Path below a folder of one's own, and text, of every file of the package `writeback:connector`.
pub const WIT: &[(&str, &str)] = &[
    file!("checkpoint.wit"),
    file!("deps/random/insecure-seed.wit"),
    file!("deps/random/random.wit"),
    file!("exclusive.wit"),
    file!("http.wit"),
    file!("progress.wit"),
    file!("secrets.wit"),
    file!("spool.wit"),
    file!("time.wit"),
    file!("world.wit"),
    file!("writeback.wit"),
];
