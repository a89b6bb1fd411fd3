//! What the components run on. Comes in: the parts that an engine is made of. Goes out: supervised components with a start and
//! a stop, the bus between them, and the context that they share.

pub mod bus;
pub mod component;
pub mod context;
pub(crate) mod core;
pub mod preferences;
pub mod store_work;
