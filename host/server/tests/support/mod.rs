//! What the tests of the server stand on.

mod clock;
mod database;
mod http;
mod postgres;
mod queue;
mod runner;
mod worker;
mod world;

pub use clock::TestClock;
pub use database::{Database, Dump};
pub use http::{Answer, Ask};
pub use runner::{Begun, Scripted, done, eventually, failed, failed_for};
pub use world::{TenantWorld, World, job, run, settings, text};

/// Makes a test for each database of each of these functions, which take a [`World`].
#[allow(unused_macros, reason = "an example has no tests")]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                crate::support::run(writeback_server::db::Kind::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                crate::support::run(writeback_server::db::Kind::Postgres, super::$name);
            }
        })+
    };
}
pub(crate) use on_both;
