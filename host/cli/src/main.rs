//! The `writeback` command.
fn main() {}
