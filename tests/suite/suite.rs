//! The suite: the real component in the real sandbox, over real sockets, against the simulated
//! cloud. One test target, because each one more would link the runtime again.

mod browse;
mod check;
mod cli;
mod command;
mod dataset;
mod docs;
mod export;
mod filename;
mod findings;
mod folder;
mod hostile;
mod imports;
mod landing;
mod leak;
mod library;
mod mode;
mod owners;
mod person;
mod plain;
mod proof;
mod refused;
mod retry;
mod rights;
mod rows;
mod sandbox;
mod secrets;
mod security;
mod session;
mod signin;
mod site;
mod sized;
mod trouble;
mod upload;
mod verify;
mod world;
