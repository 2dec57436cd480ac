//! This tree's contract but for one thing each: what a released one could be.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::world::World;

/// One thing that is different.
pub struct Altered {
    /// What.
    pub name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn altered(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Altered {
    Altered {
        name,
        file,
        from,
        to,
    }
}

/// A host that offers one function more.
pub const MORE: Altered = altered(
    "function-more",
    "http.wit",
    "  resource response {",
    "  ping: func();\n  resource response {",
);

/// All that is tried.
pub const ALTERED: &[Altered] = &[
    altered("version-alone", "world.wit", "@0.1.0;", "@0.1.7;"),
    altered("other-track", "world.wit", "@0.1.0;", "@0.2.0;"),
    MORE,
    altered(
        "function-less",
        "progress.wit",
        "  log: func(level: level, text: string);",
        "",
    ),
    altered(
        "interface-more",
        "world.wit",
        "  import time;",
        "  import time;\n  import extra: interface { a: func(); }",
    ),
    altered("interface-less", "world.wit", "  import exclusive;", ""),
    altered(
        "type-more",
        "time.wit",
        "  now: func() -> u64;",
        "  now: func() -> u64;\n  enum zone { utc }",
    ),
    altered(
        "parameter-more",
        "exclusive.wit",
        "hold: func(name: string)",
        "hold: func(name: string, seconds: u64)",
    ),
    altered(
        "result-other",
        "time.wit",
        "now: func() -> u64;",
        "now: func() -> s64;",
    ),
    altered(
        "case-more",
        "checkpoint.wit",
        "    io(string),",
        "    io(string),\n    cancelled,",
    ),
    altered(
        "field-more",
        "writeback.wit",
        "    code: string,",
        "    code: string,\n    trace: option<string>,",
    ),
    altered(
        "export-more",
        "writeback.wit",
        "  describe: func() -> string;",
        "  describe: func() -> string;\n  extra: func();",
    ),
    altered(
        "export-less",
        "writeback.wit",
        "  browse: func(query: string) -> result<string, failure>;",
        "",
    ),
];

impl Altered {
    /// The contract: this tree's, read from `wit`, with the difference.
    pub fn world(&self, wit: &Path, folder: &Path) -> Result<World> {
        copy(wit, folder)?;
        let file = folder.join(self.file);
        let text = fs::read_to_string(&file)?;
        ensure!(
            text.contains(self.from),
            "`{}` is not in `{}`",
            self.from,
            self.file
        );
        fs::write(&file, text.replacen(self.from, self.to, 1))?;
        World::read(folder)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
