//! Fixed work in one thread, for a program that counts its instructions: `.ci/instructions.sh`.
//!
//! `counted prepare FOLDER` compiles what the others load, so that compiling is not counted. Code is made for any
//! processor of the architecture. `counted table FOLDER TIMES` counts and hashes 4 MB in the sandbox, so often.
//! `counted job FOLDER TIMES CONFIG JOB` runs a whole job, so often; CONFIG and JOB are those of a simulated cloud.

mod job;
#[path = "../../../../host/runtime/examples/memory_spool/memory.rs"]
mod memory;
mod table;

use std::path::Path;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["prepare", folder] => {
            table::prepare(Path::new(folder))?;
            job::load(Path::new(folder)).map(drop)
        }
        ["table", folder, times] => table::count(Path::new(folder), times.parse()?),
        ["job", folder, times, config, job] => {
            job::run(Path::new(folder), times.parse()?, config, job)
        }
        _ => bail!(
            "usage: counted prepare FOLDER | table FOLDER TIMES | job FOLDER TIMES CONFIG JOB"
        ),
    }
}
