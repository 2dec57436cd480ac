//! The server, tested whole: the API, the scheduler, the queue and the workers, on SQLite and on a PostgreSQL of the tests' own.
//! The sandbox is a fake whose runs a test ends as it likes, and the clock is one that a test moves.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

mod server {
    mod accounts;
    mod admitting;
    mod clearing;
    mod edits;
    mod erasure;
    mod export;
    mod guard;
    mod harness;
    mod idempotency;
    mod isolation;
    mod keys;
    mod ops;
    mod probe;
    mod requests;
    mod running;
    mod scheduling;
    mod secrets;
    mod stopping;
    mod storage;
    mod targets;
    mod tokens;
}
