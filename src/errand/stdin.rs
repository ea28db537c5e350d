//! Standard input as one of the files of an errand.

use crate::json::Failure;
use crate::picture::PhotoKind;
use crate::report::Code;
use crate::text::FileName;
use std::io::{self, Read as _, Write as _};
use tempfile::NamedTempFile;

/// What has come on standard input until its end: a file that goes with the returned value, and
/// what to call it. Blocks.
pub fn from_stdin(name: Option<&str>) -> Result<(NamedTempFile, FileName), Failure> {
    let full = |error: io::Error| {
        Failure::new(Code::Disk, format!("keeping what comes on standard input: {error}"))
    };
    let mut file = NamedTempFile::new().map_err(full)?;
    let bytes = io::copy(&mut io::stdin().lock(), &mut file).map_err(full)?;
    file.flush().map_err(full)?;
    if bytes == 0 {
        return Err(Failure::new(Code::Usage, "nothing came on standard input"));
    }
    let kind = || {
        let mut head = Vec::new();
        file.reopen().ok()?.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
        PhotoKind::of(&head)
    };
    let name = match name {
        Some(name) => FileName::new(name),
        None => kind().map_or_else(
            || FileName::new("stdin"),
            |kind| FileName::new(&format!("stdin.{}", kind.extension())),
        ),
    };
    Ok((file, name))
}

/// Where a file says what it is.
const HEAD_BYTES: u64 = 64;
