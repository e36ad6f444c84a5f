//! A certificate, as it is and with an end that fits.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    replay::fuzzing::certificate(bytes);
});
