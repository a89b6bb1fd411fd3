//! Where no display can be made there is none of ours: what plays the demo need not ask on which system it is.

use std::io;
use std::path::Path;

/// Never there.
pub(super) enum VirtualDesktop {}

impl VirtualDesktop {
    /// # Errors
    /// Always.
    pub(super) fn start(_dir: &Path) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a virtual display can be had on Linux only"))
    }

    pub(super) fn env(&self) -> &[(String, String)] {
        match *self {}
    }

    pub(super) fn screenshot(&self, _file: &Path) -> io::Result<()> {
        match *self {}
    }
}
