//! How the process ends.

use std::process::ExitCode;

pub use writeback_policy::Exit;

/// For `main`.
pub fn process(exit: Exit) -> ExitCode {
    ExitCode::from(exit.code())
}
