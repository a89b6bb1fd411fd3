//! The vendors of telephony and the CRM that Timbre talks to, as servers on loopback for tests and demonstrations.
//!
//! Each vendor has a folder of its own, and none of them knows Timbre's adapters: a simulator follows the vendor's
//! document, so that an adapter which misreads the document fails its tests. The ledger of a simulator says what really
//! happened, whatever the answers said.
//!
//! A call is a timeline on a [`Clock`](timbre_domain::ports::Clock), looked at when somebody asks. The only tasks in the
//! background are the HTTP servers and the CRM's delayed writes.

pub mod callmyway;
pub mod clock;
mod connection;
pub mod console;
pub mod crm;
pub mod dice;
pub mod fault_queue;
pub mod formcall;
mod host;
mod moment;
mod vendor_time;

pub use callmyway::{
    AgentLegCaller, BusyStyle, CallDirection, CallHandle, CdrScope, ClickToDialLegs, Codec, ContactTelephone, DayPlan,
    DialAnswer, EndReason, Fault, Faults, GroupHandle, Ledger, RefusalStyle, RequestKind, SignIn, Simulator,
    SimulatorConfig, Telephone, ThrottleScope, WorkingDay, WrongPasswordStyle,
};
pub use callmyway::{config, fault, ledger, script, tariff};
pub use clock::{ManualClock, RealClock};
pub use moment::Moment;
