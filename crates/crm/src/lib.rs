//! CRMs, each described by one file: contacts that come from them, records that go to them.
//!
//! A connector's file ([`Connector::load`]) says how one CRM is spoken to; [`Declarative`] does what the file says and keeps
//! the rules that hold for every CRM. How such a file is written stands in `connectors/README.md`.

mod bounds;
mod client;
mod connector;
mod connector_test;
mod error_rules;
mod filters;
mod http;
mod limiter;
mod load;
mod merge;
mod port;
mod read;
pub mod reading;
mod samples;
mod sign_in;
mod template;
mod template_tree;
mod template_vars;

pub use client::{ConnectorSettings, Declarative};
pub use connector::{Connector, Setting};
pub use limiter::Limiters;
pub use load::{BadFile, FORMAT};

/// The connectors that come with Timbre: each one's file name and text.
pub const BUILT_IN: &[(&str, &str)] = &[("espocrm.toml", include_str!("../connectors/espocrm.toml"))];
