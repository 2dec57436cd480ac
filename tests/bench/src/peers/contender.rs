//! One run of each contender: the processes it takes, from the first one's start to the last one's end.

mod rclone;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};
use writeback_bench::model::{Contender, Run};

use super::cloud::Cloud;
use super::process::{Usage, start, wait};
use super::tools::Tools;
use crate::shown::name;

/// Runs a contender once, which leaves a file of that name in the library's root.
pub fn run(contender: Contender, tools: &Tools, cloud: &Cloud, file: &str) -> Result<Run> {
    let folder = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(cloud.folder.path())?;
    let stage = Stage {
        tools,
        cloud,
        file,
        folder: folder.path(),
    };
    let run = match contender {
        Contender::Ours => stage.ours(&tools.warm_state),
        Contender::OursCold => stage.ours(&folder.path().join("state")),
        Contender::Floor => stage.with_place(Command::new(std::env::current_exe()?).arg("floor")),
        Contender::Rclone => stage.rclone(),
        Contender::Python => stage.with_place(
            // Compiled libraries are kept, whatever this shell thinks of it.
            Command::new(&tools.python)
                .arg(&tools.script)
                .env_remove("PYTHONDONTWRITEBYTECODE"),
        ),
    };
    run.with_context(|| format!("{} could not write `{file}`", name(contender)))
}

/// What a run has at hand.
struct Stage<'a> {
    tools: &'a Tools,
    cloud: &'a Cloud,
    file: &'a str,
    /// For its temporary files alone.
    folder: &'a Path,
}

impl Stage<'_> {
    fn ours(&self, state: &Path) -> Result<Run> {
        let job = self.folder.join("job.toml");
        fs::write(&job, self.job())?;
        let mut command = Command::new(&self.tools.writeback);
        command
            .arg("--config")
            .arg(&self.cloud.config)
            .args(["run", "--quiet"])
            .arg(&job);
        command
            .env("XDG_STATE_HOME", state)
            .env("TMPDIR", self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        timed(|| wait(start(&mut command, self.folder.join("said"))?))
    }

    fn job(&self) -> String {
        format!(
            "[domo]\naccount = \"domo\"\ndataset = \"{}\"\n\
             [sharepoint]\naccount = \"sharepoint\"\nsite = \"{}\"\nfilename = {{ custom = \"{}\" }}\n",
            self.cloud.place.dataset, self.cloud.site, self.file
        )
    }

    /// A program that takes the place's description, the file's name and a path to pass through.
    fn with_place(&self, command: &mut Command) -> Result<Run> {
        let place = self.folder.join("place.json");
        fs::write(&place, serde_json::to_vec(&self.cloud.place)?)?;
        command
            .arg(&place)
            .arg(self.file)
            .arg(self.folder.join(self.file));
        command
            .env("TMPDIR", self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        timed(|| wait(start(command, self.folder.join("said"))?))
    }
}

/// Runs the processes and counts the time from before the first one's start.
fn timed(processes: impl FnOnce() -> Result<Usage>) -> Result<Run> {
    let started = Instant::now();
    let usage = processes()?;
    Ok(Run {
        wall_s: started.elapsed().as_secs_f64(),
        cpu_s: usage.cpu_s,
        peak_bytes: usage.peak_bytes,
    })
}
