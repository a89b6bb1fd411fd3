//! The files that come with Timbre can be read.

use timbre_crm::{BUILT_IN, Connector};

#[test]
fn the_connectors_that_come_with_timbre_can_be_read() {
    for (file, text) in BUILT_IN {
        Connector::load(text, file).unwrap_or_else(|error| panic!("{error}"));
    }
}
