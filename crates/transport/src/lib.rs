//! What every adapter to a server needs: [`http`] with its guards (no redirects, bounded answers, time-outs, errors without
//! secrets), and the [`queue`] in which requests wait for their turn under the server's limit.

pub mod extra_ca;
pub mod http;
mod packed;
pub mod queue;
