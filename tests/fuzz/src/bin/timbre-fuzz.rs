//! libFuzzer, on the target that `TIMBRE_FUZZ` names. `cargo xtask fuzz` starts it.

#![no_main]
#![expect(clippy::expect_used, reason = "without a target there is nothing to do")]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use timbre_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TIMBRE_FUZZ").expect("TIMBRE_FUZZ names a target");
    timbre_fuzz::target(&name).expect("TIMBRE_FUZZ names a target that there is")
});

fuzz_target!(|input: &[u8]| (TARGET.run)(input));
