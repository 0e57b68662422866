//! The data directory: whose it is, which format it has, and that only one process uses it.
//!
//! `LOCK` is held by flock while the store is open, so the lock ends with the process, however it
//! ends. While open it names the process; a clean close empties it. `VERSION` is written last when
//! a directory is made: with it, `parlor.db` must be there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::OpenError;
use crate::schema::FORMAT;

const LOCK: &str = "LOCK";
const VERSION: &str = "VERSION";
const DATABASE: &str = "parlor.db";
const WAL: &str = "parlor.db-wal";

/// An open data directory; holds its lock.
pub(crate) struct Directory {
    path: PathBuf,
    lock: Lock,
    /// Whether there was no store here before.
    new: bool,
    /// Whether the last process did not close it and its write-ahead log has gone since.
    log_lost: bool,
}

impl Directory {
    /// Takes the directory, creating it when it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |error| failed(path, error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        // The path is kept whole, because a working directory may change under a server.
        let path = path.canonicalize().map_err(io)?;
        let version = read_version(&path)?;
        if version.is_none() {
            refuse_foreign(&path)?;
        }
        let (lock, unclean) = take_lock(&path)?;
        let database = fs::metadata(path.join(DATABASE)).map(|file| file.len());
        if version.is_some() && !matches!(database, Ok(bytes) if bytes > 0) {
            return Err(OpenError::Damaged {
                why: format!("{DATABASE} is missing or empty"),
                dir: path,
            });
        }
        let log_lost = unclean && version.is_some() && !path.join(WAL).exists();
        Ok(Self { path, lock, new: version.is_none(), log_lost })
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The write-ahead log, if there is one.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join(WAL)
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether commits may have been lost: the last process died and its log is not there.
    pub(crate) fn log_lost(&self) -> bool {
        self.log_lost
    }

    /// Says that the store in it is complete.
    pub(crate) fn finish(&self) -> Result<(), OpenError> {
        if !self.new {
            return Ok(());
        }
        write_version(&self.path).map_err(|error| failed(&self.path, error))
    }

    /// Says that the store was closed in order. The lock ends when this is dropped.
    pub(crate) fn close(&self) {
        if let Err(error) = self.lock.0.set_len(0) {
            tracing::debug!(%error, "the lock file keeps its text");
        }
    }
}

/// The file that is locked, until this is dropped.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started by another thread has
        // a copy of it for a moment, and with it the lock.
        if let Err(error) = flock(&self.0, FlockOperation::NonBlockingUnlock) {
            tracing::debug!(%error, "the lock ends with its file");
        }
    }
}

/// Locks the directory; also says whether the last process to hold it did not close the store.
fn take_lock(path: &Path) -> Result<(Lock, bool), OpenError> {
    let io = |error| failed(path, error);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path.join(LOCK))
        .map_err(io)?;
    let taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
    let mut holder = String::new();
    let read = file.read_to_string(&mut holder);
    let mut lock = match taken {
        Ok(()) => Lock(file),
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            read.map_err(io)?;
            let holder = holder.trim().parse().ok();
            return Err(OpenError::Locked { dir: path.to_owned(), holder });
        }
        Err(error) => return Err(io(error.into())),
    };
    read.map_err(io)?;
    // A full disk must not keep the store from opening for reading, so this may fail.
    let named = lock.0.set_len(0).and_then(|()| {
        io::Seek::rewind(&mut lock.0)?;
        lock.0.write_all(format!("{}\n", std::process::id()).as_bytes())
    });
    if let Err(error) = named {
        tracing::warn!(%error, "the lock file does not name this process");
    }
    Ok((lock, !holder.is_empty()))
}

fn read_version(path: &Path) -> Result<Option<u32>, OpenError> {
    let not_ours = |why: &str| OpenError::NotOurs { dir: path.to_owned(), why: why.to_owned() };
    let text = match fs::read_to_string(path.join(VERSION)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(not_ours("its VERSION file is not text"));
        }
        Err(error) => return Err(failed(path, error)),
    };
    let number = text.strip_prefix("parlor ").and_then(|rest| rest.trim_end().parse().ok());
    let Some(found) = number else {
        return Err(not_ours("its VERSION file is not Parlor's"));
    };
    if found > FORMAT {
        let what = "the data directory".to_owned();
        return Err(OpenError::Newer { what, found, known: FORMAT });
    }
    Ok(Some(found))
}

/// Refuses a directory that already holds something else, such as somebody's home.
fn refuse_foreign(path: &Path) -> Result<(), OpenError> {
    let io = |error| failed(path, error);
    for entry in fs::read_dir(path).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let name = name.to_string_lossy();
        // What the operator or another part of Parlor may have put there before the first start,
        // and what a first start leaves that was interrupted.
        let expected = name.starts_with("parlor.")
            || name.starts_with('.')
            || name.ends_with(".sock")
            || matches!(&*name, LOCK | "VERSION.new" | "lost+found")
            || matches!(&*name, "certs" | "blobs" | "backup" | "secrets");
        if !expected {
            let why = format!("it has no {VERSION} file but holds {name}");
            return Err(OpenError::NotOurs { dir: path.to_owned(), why });
        }
    }
    Ok(())
}

fn write_version(path: &Path) -> io::Result<()> {
    let new = path.join("VERSION.new");
    let mut file = File::create(&new)?;
    file.write_all(format!("parlor {FORMAT}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path.join(VERSION))?;
    File::open(path)?.sync_all()
}

fn failed(path: &Path, error: io::Error) -> OpenError {
    let dir = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::NotWritable { dir }
        }
        _ => OpenError::Io { dir, source: error },
    }
}
