//! What the machine offers to Timbre: its keyring, its clock, its disks, the folders it keeps things in, and logs that hold no
//! secret. Each implements a port of the domain, or is used by the programs alone.

pub mod clock;
pub mod disk;
pub mod dumps;
pub mod folders;
pub mod logs;
pub mod secrets;
