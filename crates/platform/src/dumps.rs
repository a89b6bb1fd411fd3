//! What the system writes when a program crashes: all of its memory, and with it the secrets in it.

/// Tells the system to write nothing of this program's memory to a disk.
pub fn switch_off() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let nothing = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, nothing) {
            tracing::warn!(%error, "core dumps could not be switched off");
        }
    }
}
