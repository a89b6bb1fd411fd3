//! What the system writes when a program crashes: all of its memory, and with it the secrets in it.

/// Tells the system to write nothing of this program's memory to a disk.
pub fn switch_off() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A limit of nothing does not count where the kernel hands dumps to a program; one of a byte does (core(5)), and is too
        // little for a file.
        let nothing = Rlimit { current: Some(1), maximum: Some(1) };
        if let Err(error) = setrlimit(Resource::Core, nothing) {
            tracing::warn!(%error, "core dumps could not be switched off");
        }
    }
}
