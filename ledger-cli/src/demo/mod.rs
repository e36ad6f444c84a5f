//! x
use crate::args::Global;
use crate::exit::Failure;
/// Demo.
pub fn demo(_global: &Global) -> Result<(), Failure> {
    Ok(())
}
