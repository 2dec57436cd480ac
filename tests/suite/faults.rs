//! What goes wrong, fault by fault: `docs/failures.md` has a row for each, and names the tests of these files.

mod bytes;
mod clock;
mod commit;
mod disk;
mod domo;
mod network;
mod page;
mod patience;
mod proof;
mod refusals;
mod scene;
mod sessions;
