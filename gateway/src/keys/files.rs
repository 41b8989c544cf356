//! Files of a data directory, with the permissions secrets need.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::KeysError;

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeysError {
    let path = path.to_owned();
    |source| KeysError::File { path, source }
}

pub(super) fn make_dir(path: &Path) -> Result<(), KeysError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path))
}

/// Makes a file that only its owner can read, whole and on disk or not at all. Returns whether it was made:
/// a file that is there already stays as it is.
pub(super) fn create_private(path: &Path, content: &str) -> Result<bool, KeysError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let draft = dir.join(format!(
        ".draft-{:032x}",
        u128::from_be_bytes(super::random()?)
    ));
    let made = write_private(&draft, content).and_then(|()| {
        // A link, as a rename would replace what another process has made in the meantime.
        match std::fs::hard_link(&draft, path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    });
    let removed = match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::open(dir).and_then(|dir| dir.sync_all()),
    };
    let made = made.map_err(at(path))?;
    removed.map_err(at(path))?;
    Ok(made)
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{content}")?;
    file.sync_all()
}

/// Reads a file that only its owner can read; `None` if there is none.
pub(super) fn read_private(path: &Path) -> Result<Option<String>, KeysError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let mode = file.metadata().map_err(at(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeysError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut content = String::new();
    file.read_to_string(&mut content).map_err(at(path))?;
    Ok(Some(content))
}

/// Appends a line in one write, so that several writers do not mix.
pub(super) fn append(path: &Path, line: &str) -> Result<(), KeysError> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(format!("{}\n", line.trim_end()).as_bytes())?;
        file.sync_all()
    };
    write().map_err(at(path))
}
