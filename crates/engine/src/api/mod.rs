//! What others ask of the engine and hear from it. Comes in: commands, from windows, the command line and the local socket.
//! Goes out: their results, and events.

pub mod commands;
pub mod event;
pub mod local;
