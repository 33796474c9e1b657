//! Writing a file so that a reader sees the old one or the new one, never a part.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`: to a temporary name in the same folder, synced, then renamed.
///
/// A file that stood there is replaced whole. After an error it stands untouched, and the
/// temporary file is gone. What is no regular file, a device, a pipe or a symbolic link, is not replaced: it is opened and
/// written to.
///
/// # Errors
/// [`Error::Io`] names `path` and what the system said: no such folder, no permission, no space.
///
/// # Examples
/// ```
/// # let folder = std::env::temp_dir();
/// # let path = folder.join(format!("gatefold-doc-{}", std::process::id()));
/// gatefold::report::write_atomically(&path, b"epoch,loss\n")?;
/// assert_eq!(std::fs::read(&path).ok(), Some(b"epoch,loss\n".to_vec()));
/// # let _ = std::fs::remove_file(&path);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, None)
}

/// As [`write_atomically`], and what stood at `path` is at `previous` afterwards, a name in the same folder.
///
/// At every moment one of the two names has a whole file, if `path` had one before.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_atomically_keeping(path: &Path, previous: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, Some(previous))
}

/// Fails where a file or folder stands at `path`, which a write would replace or change; `name` is what the path is called.
///
/// # Errors
/// [`Error::Argument`]; [`Error::Io`] where the system does not tell.
pub fn check_absent(name: &str, path: &Path) -> Result<()> {
    if !holds_something(path)? {
        return Ok(());
    }
    Err(Error::Argument {
        name: name.to_owned(),
        problem: format!(
            "{} is there already; choose another name, or remove it first",
            path.display()
        ),
    })
}

/// Whether a file or folder stands at `path`, or where a symbolic link there leads. A device or a pipe holds nothing that
/// could be lost.
///
/// # Errors
/// [`Error::Io`] where the system does not tell.
pub fn holds_something(path: &Path) -> Result<bool> {
    match fs::metadata(path) {
        Ok(there) => Ok(there.is_file() || there.is_dir()),
        // What is wrong with the way there, the write will tell.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Removes the temporary files that processes left in `folder` which ended while they wrote there.
///
/// # Errors
/// [`Error::Io`] where the system refuses.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        if is_temporary(&entry.file_name()) {
            let path = entry.path();
            fs::remove_file(&path).map_err(Error::io(path))?;
        }
    }
    Ok(())
}

/// Whether this is the name of a temporary file of [`write_atomically`]: `.NAME.PROCESS.tmp`.
pub fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let inner = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(".tmp"));
    let process = inner.and_then(|name| name.rsplit_once('.'));
    process.is_some_and(|(name, process)| !name.is_empty() && process.parse::<u32>().is_ok())
}

fn replace(path: &Path, bytes: &[u8], previous: Option<&Path>) -> Result<()> {
    let written = match is_opened(path) {
        true => write_through(path, bytes),
        false => replace_synced(path, bytes, previous),
    };
    written.map_err(|source| Error::Io {
        path: path.to_path_buf(),
        source: io::Error::new(source.kind(), format!("cannot be written: {source}")),
    })
}

/// Makes the folder `path`, which is not there yet: `fill` writes into one of a temporary name beside
/// it, which is then renamed.
///
/// After an error there is no such folder, and nothing is left of the temporary one.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be made, and what `fill` returns.
pub(crate) fn create_folder_atomically(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let refused = |source: io::Error| Error::Io {
        path: path.to_path_buf(),
        source: io::Error::new(source.kind(), format!("cannot be made: {source}")),
    };
    let temporary = beside(path).map_err(refused)?;
    fs::create_dir(&temporary).map_err(refused)?;
    let made = fill(&temporary).and_then(|()| fs::rename(&temporary, path).map_err(refused));
    if made.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&temporary);
        return made;
    }
    sync_folder(folder_of(path)).map_err(refused)
}

fn replace_synced(path: &Path, bytes: &[u8], previous: Option<&Path>) -> io::Result<()> {
    let temporary = beside(path)?;
    let kept = || match previous.map(|previous| fs::rename(path, previous)) {
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let written = write_synced(&temporary, bytes)
        .and_then(|()| kept())
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one to tell; a temporary file that was never made cannot be removed.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder_of(path)
}

/// Makes the renaming of a file to `path` last through a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    sync_folder(folder_of(path))
}

/// A hidden name in the folder of `path`, so that the rename stays within one file system; the
/// process id keeps two processes apart.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    Ok(folder_of(path).join(temporary))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether `path` is neither free nor a regular file nor a folder, so that renaming over it would destroy it.
fn is_opened(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Writes into what stands at `path`: a device, a pipe, or where a link leads.
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let leads_to_file = fs::metadata(path).map_or(true, |there| there.is_file());
    let mut options = OpenOptions::new();
    options.write(true);
    // A link may lead to a file that is yet to be made.
    if leads_to_file {
        options.create(true).truncate(true);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    // Only a file can be synced.
    match leads_to_file {
        true => file.sync_all(),
        false => file.flush(),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Other systems cannot open a folder as a file; there the rename is as lasting as it gets.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A second name of the old file: were it written in place, its content would change too.
    #[test]
    fn a_file_is_replaced_and_not_written_in_place() {
        let place = tempfile::tempdir().unwrap();
        let [path, old, previous] = ["file", "old", "previous"].map(|name| place.path().join(name));
        fs::write(&path, b"first").unwrap();
        fs::hard_link(&path, &old).unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read(&old).unwrap(), b"first");

        write_atomically_keeping(&path, &previous, b"third").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(fs::read(&previous).unwrap(), b"second");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
    }

    #[test]
    fn what_cannot_be_replaced_stands_and_nothing_is_left_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("folder");
        fs::create_dir_all(path.join("inside")).unwrap();
        let refused = write_atomically(&path, b"bytes").unwrap_err().to_string();
        assert!(refused.contains("folder: cannot be written"), "{refused}");
        assert!(path.join("inside").is_dir());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    /// Links stand in for the devices of a machine, which no test touches.
    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let place = tempfile::tempdir().unwrap();
        let [link, target] = ["link", "target"].map(|name| place.path().join(name));
        std::os::unix::fs::symlink("target", &link).unwrap();
        assert!(!holds_something(&link).unwrap());
        write_atomically(&link, b"long content").unwrap();
        assert!(holds_something(&link).unwrap());
        write_atomically(&link, b"short").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"short");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_into_and_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt;
        let place = tempfile::tempdir().unwrap();
        let pipe = place.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(!holds_something(&pipe).unwrap());
        let path = pipe.clone();
        let reader = std::thread::spawn(move || fs::read(path).unwrap());
        write_atomically(&pipe, b"through the pipe").unwrap();
        assert_eq!(reader.join().unwrap(), b"through the pipe");
        let there = fs::symlink_metadata(&pipe).unwrap().file_type();
        assert!(there.is_fifo());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("made");
        let fill = |folder: &Path| write_atomically(&folder.join("file"), b"content");
        let failed = create_folder_atomically(&path, |folder| {
            fill(folder)?;
            Err(Error::Interrupted)
        });
        assert!(matches!(failed, Err(Error::Interrupted)));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);

        create_folder_atomically(&path, fill).unwrap();
        assert_eq!(fs::read(path.join("file")).unwrap(), b"content");
        let again = create_folder_atomically(&path, fill)
            .unwrap_err()
            .to_string();
        assert!(again.contains("made: cannot be made: "), "{again}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }
}
