//! The way to servers: straight, or by a proxy.

use url::Url;

/// Which proxy servers are reached by. What stays on this machine never goes through one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// The one that the system or the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), if any.
    #[default]
    System,
    /// None, whatever the system says.
    Direct,
    /// This one, for every server.
    Address(Url),
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The server, host and port.
    pub server: String,
    /// The proxy on the way, host and port; nothing where requests go straight.
    pub proxy: Option<String>,
}
