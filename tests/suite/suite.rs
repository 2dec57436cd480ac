//! The suite: the real component in the real sandbox, over real sockets, against the simulated
//! cloud. One test target, because each one more would link the runtime again.

mod cli;
mod command;
mod docs;
mod imports;
mod landing;
mod world;
