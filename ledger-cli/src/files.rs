//! Files that a command writes: whole and durable under their name, or as they were before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Writes a file that is whole and durable under its name, or as it was before. `private` keeps others from reading it.
pub fn whole_file<T>(
    path: &Path,
    private: bool,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = |error: io::Error| {
        Failure::Storage(format!(
            "'{}' cannot be written ({error}): check the path and the space",
            path.display()
        ))
    };
    let mut new = path.as_os_str().to_owned();
    new.push(".part");
    let new = PathBuf::from(new);
    // Left by an attempt that was killed, perhaps with other permissions.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mode = if private { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).map_err(failed)?;
    let written = match write(&mut file) {
        Ok(written) => written,
        Err(error) => {
            // What is there has no end and would be refused; the failure is what counts.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
    };
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let kept = file.sync_all().and_then(|()| fs::rename(&new, path));
    kept.and_then(|()| File::open(parent)?.sync_all()).map_err(failed)?;
    Ok(written)
}

/// As [`whole_file`], of text that is there already.
pub fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    whole_file(path, false, |out| out.write_all(text.as_bytes()).map_err(Failure::Output))
}
