//! What the stories, the demo and the benches share.

pub mod agent;
pub mod demo;
pub mod desk;
pub mod desktop;
#[cfg(target_os = "linux")]
pub mod disk;
pub mod driver;
pub mod fakes;
pub mod formcall;
pub mod hasty;
pub mod office_day;
pub mod programs;
pub mod story;
pub mod torture;
