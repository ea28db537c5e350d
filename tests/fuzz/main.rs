//! libFuzzer around one of the bodies in `peersnap::fuzz`; `FUZZ_TARGET` says which.
//!
//! Built by `tests/fuzz/run`, which passes `--cfg fuzzing`; without it there is nothing here.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod target {
    use peersnap::fuzz::{Body, TARGETS};
    use std::panic;
    use std::process::abort;
    use std::sync::LazyLock;

    static BODY: LazyLock<Body> = LazyLock::new(|| {
        let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let target = TARGETS.iter().find(|(name, _)| *name == wanted);
        // A decoder's own panic is caught by those who call it; one in our sources is a fault even
        // if it is caught.
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let ours = info.location().is_some_and(|at| !at.file().contains(".cargo"));
            if ours {
                tell(info);
                abort();
            }
        }));
        target.unwrap_or_else(|| panic!("FUZZ_TARGET is none: {wanted:?}")).1
    });

    libfuzzer_sys::fuzz_target!(|data: &[u8]| BODY(data));
}

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("built without libFuzzer: run tests/fuzz/run");
}
