//! What the stories, the demo and the benches share.

pub mod desktop;
pub mod story;
