//! What a run tells people while it works. Drawing it is the embedder's business.

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Reading and checking what the job names.
    Preparing,
    /// Bytes exported so far.
    Exporting(u64),
    /// Bytes uploaded so far, of how many.
    Uploading(u64, u64),
    /// Pausing before another attempt, in milliseconds.
    Waiting(u64),
    /// Waiting for another run that writes to the same place.
    Queued,
    /// Comparing what SharePoint holds with what left Domo.
    Verifying,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// For whoever looks for a cause.
    Debug,
    /// For whoever watches.
    Info,
    /// For whoever owns the job.
    Warn,
}

/// Receives a run's steps and lines. Called on the run's task: return quickly.
pub trait Progress: Send + Sync {
    /// The run is now here.
    fn report(&self, step: Step);
    /// One line of text, free of control characters.
    fn log(&self, level: Level, text: &str);
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _: Step) {}
    fn log(&self, _: Level, _: &str) {}
}
