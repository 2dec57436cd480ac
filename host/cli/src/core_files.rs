//! No core file: after a crash it would hold what the process held, secrets among it.

/// From here on the process leaves none, and neither does what it starts.
pub fn forbid() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Lowering a limit is always allowed; a system that has none of this kind writes no such file.
        let _ = setrlimit(Resource::Core, none);
    }
}
