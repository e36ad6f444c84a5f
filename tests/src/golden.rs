//! Golden files: what a generator gives is compared with what was committed and read in review.
//!
//! `UPDATE_GOLDEN=1` rewrites them instead.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Whether golden files are to be rewritten.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// Compares `text` with the file at `path` from the root, or rewrites the file. Returns what to do if they
/// differ.
pub fn compare(path: &str, text: &str) -> Result<(), String> {
    let file = root().join(path);
    if updating() {
        let folder = file.parent().unwrap_or(&file);
        std::fs::create_dir_all(folder).map_err(|error| format!("{path}: {error}"))?;
        return std::fs::write(&file, text).map_err(|error| format!("{path}: {error}"));
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == text {
        return Ok(());
    }
    let differs = committed.lines().zip(text.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or(committed.lines().count().min(text.lines().count()));
    Err(format!(
        "{path} differs from line {}:\n  committed: {}\n  generated: {}\nrun with UPDATE_GOLDEN=1 and read the difference",
        line + 1,
        committed.lines().nth(line).unwrap_or("(end)"),
        text.lines().nth(line).unwrap_or("(end)")
    ))
}
