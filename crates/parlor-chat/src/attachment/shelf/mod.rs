//! Where the content of images lies: files named by their hash, in a folder beside the store, and
//! the thread that is alone in touching them. A thread that serves connections never waits for it.
//!
//! An image is whole and on disk, its folder too, before anybody hears of it: it is written beside
//! its place first. Each asker asks for one thing at a time, so what waits for the thread is bounded
//! by the number of connections.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use bytes::Bytes;
use parlor_hub::PersonId;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::{Image, ImageTrouble, recognised};
use crate::limits::{
    FILE_BYTES_MAX, IMAGE_HEAD_BYTES, PIECE_BYTES, UPLOADS_AT_ONCE, UPLOADS_PER_ACCOUNT,
};

/// Why something can't be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NotAnImage,
    TooManyPixels,
    TooLong,
    Busy,
    DiskFull,
    ReadOnly,
    Failed,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelved {
    pub(crate) hash: String,
    pub(crate) bytes: u64,
    pub(crate) image: Image,
}

enum Task {
    Begin(PersonId, oneshot::Sender<Result<u64, Trouble>>),
    Write(u64, Bytes, oneshot::Sender<Result<(), Trouble>>),
    Finish(u64, oneshot::Sender<Result<Shelved, Trouble>>),
    Abort(u64),
    Read(String, u64, oneshot::Sender<Option<Bytes>>),
    Arrivals(oneshot::Sender<u64>),
    List(oneshot::Sender<Vec<String>>),
    Remove(Vec<String>, u64, oneshot::Sender<()>),
}

/// The handle to the thread, which ends with the last of them. It begins with the first task, so
/// that a chat without images has neither thread nor folder.
#[derive(Clone)]
pub(crate) struct Shelf {
    tasks: Sender<Task>,
}

impl Shelf {
    /// Starts the thread on a folder, which is made when it is needed.
    pub(crate) fn start(folder: PathBuf) -> io::Result<Self> {
        let (tasks, wanted) = channel();
        thread::Builder::new()
            .name("parlor-images".into())
            .spawn(move || Keeper::new(folder).run(&wanted))?;
        Ok(Self { tasks })
    }

    async fn ask<T>(&self, task: impl FnOnce(oneshot::Sender<T>) -> Task) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tasks.send(task(reply)).ok()?;
        answer.await.ok()
    }

    /// Begins to take an image of somebody in.
    pub(crate) async fn begin(&self, owner: PersonId) -> Result<Incoming, Trouble> {
        let id = self.ask(|reply| Task::Begin(owner, reply)).await;
        let id = id.unwrap_or(Err(Trouble::Failed))?;
        Ok(Incoming { shelf: self.clone(), id, done: false })
    }

    /// Reads the piece at a place; nothing if it can't be read.
    pub(crate) async fn piece(&self, hash: String, at: u64) -> Option<Bytes> {
        self.ask(|reply| Task::Read(hash, at, reply)).await.flatten()
    }

    /// Counts what has arrived; what [`Self::remove`] is given.
    pub(crate) async fn arrivals(&self) -> Option<u64> {
        self.ask(Task::Arrivals).await
    }

    /// Lists what is there.
    pub(crate) async fn list(&self) -> Option<Vec<String>> {
        self.ask(Task::List).await
    }

    /// Removes what nobody refers to any more, unless something has arrived since `arrivals` were
    /// counted: it might be the same, and then it is for the next time.
    pub(crate) async fn remove(&self, hashes: Vec<String>, arrivals: u64) {
        self.ask(|reply| Task::Remove(hashes, arrivals, reply)).await.unwrap_or_default();
    }
}

/// An image on its way in. Nothing stays of it if it is dropped before its end.
pub(crate) struct Incoming {
    shelf: Shelf,
    id: u64,
    done: bool,
}

impl Incoming {
    /// Takes the next piece.
    pub(crate) async fn write(&self, piece: Bytes) -> Result<(), Trouble> {
        let id = self.id;
        let wrote = self.shelf.ask(|reply| Task::Write(id, piece, reply)).await;
        wrote.unwrap_or(Err(Trouble::Failed))
    }

    /// Makes it durable and puts it in its place, if it is an image.
    pub(crate) async fn finish(mut self) -> Result<Shelved, Trouble> {
        let id = self.id;
        let kept = self.shelf.ask(|reply| Task::Finish(id, reply)).await;
        self.done = true;
        kept.unwrap_or(Err(Trouble::Failed))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.done {
            // A thread that has ended has nothing to clear.
            drop(self.shelf.tasks.send(Task::Abort(self.id)));
        }
    }
}

/// The thread's own state.
struct Keeper {
    folder: PathBuf,
    writing: HashMap<u64, Writing>,
    last: u64,
    arrivals: u64,
}

struct Writing {
    owner: PersonId,
    file: File,
    path: PathBuf,
    hash: Sha256,
    head: Vec<u8>,
    bytes: u64,
}

impl Keeper {
    fn new(folder: PathBuf) -> Self {
        Self { folder, writing: HashMap::new(), last: 0, arrivals: 0 }
    }

    fn run(mut self, wanted: &Receiver<Task>) {
        // What was on its way when the last process ended is nobody's.
        if let Err(error) = remove_all(&self.incoming()) {
            tracing::warn!(%error, "unfinished images could not be removed");
        }
        // An asker that has gone away wants no answer.
        while let Ok(task) = wanted.recv() {
            match task {
                Task::Begin(owner, reply) => drop(reply.send(self.begin(owner))),
                Task::Write(id, piece, reply) => drop(reply.send(self.write(id, &piece))),
                Task::Finish(id, reply) => drop(reply.send(self.finish(id))),
                Task::Abort(id) => self.abort(id),
                Task::Read(hash, at, reply) => drop(reply.send(self.read(&hash, at))),
                Task::Arrivals(reply) => drop(reply.send(self.arrivals)),
                Task::List(reply) => drop(reply.send(self.list())),
                Task::Remove(hashes, arrivals, reply) => {
                    if arrivals == self.arrivals {
                        self.remove(&hashes);
                    }
                    reply.send(()).unwrap_or_default();
                }
            }
        }
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    fn place(&self, hash: &str) -> PathBuf {
        self.folder.join(&hash[..2]).join(hash)
    }

    fn begin(&mut self, owner: PersonId) -> Result<u64, Trouble> {
        let own = self.writing.values().filter(|writing| writing.owner == owner).count();
        if own >= UPLOADS_PER_ACCOUNT || self.writing.len() >= UPLOADS_AT_ONCE {
            return Err(Trouble::Busy);
        }
        let incoming = self.incoming();
        made(&incoming).map_err(|error| trouble(&error))?;
        self.last += 1;
        let path = incoming.join(self.last.to_string());
        let file = File::create(&path).map_err(|error| trouble(&error))?;
        let (hash, head) = (Sha256::new(), Vec::new());
        self.writing.insert(self.last, Writing { owner, file, path, hash, head, bytes: 0 });
        Ok(self.last)
    }

    fn write(&mut self, id: u64, piece: &[u8]) -> Result<(), Trouble> {
        let writing = self.writing.get_mut(&id).ok_or(Trouble::Failed)?;
        writing.bytes += piece.len() as u64;
        if writing.bytes > FILE_BYTES_MAX as u64 {
            return Err(Trouble::TooLong);
        }
        let room = IMAGE_HEAD_BYTES.saturating_sub(writing.head.len());
        writing.head.extend_from_slice(&piece[..piece.len().min(room)]);
        writing.hash.update(piece);
        writing.file.write_all(piece).map_err(|error| trouble(&error))
    }

    fn finish(&mut self, id: u64) -> Result<Shelved, Trouble> {
        let writing = self.writing.remove(&id).ok_or(Trouble::Failed)?;
        let kept = self.keep(&writing);
        if kept.is_err() {
            discard(&writing.path);
        }
        kept
    }

    fn keep(&mut self, writing: &Writing) -> Result<Shelved, Trouble> {
        let image = recognised(&writing.head).map_err(|why| match why {
            ImageTrouble::Unknown => Trouble::NotAnImage,
            ImageTrouble::TooLarge => Trouble::TooManyPixels,
        })?;
        let hash = hex(&writing.hash.clone().finalize());
        let place = self.place(&hash);
        let settled = || -> io::Result<()> {
            writing.file.sync_all()?;
            let folder = place.parent().unwrap_or(&self.folder);
            made(folder)?;
            // The same image a second time takes the place of the first, and is the same.
            fs::rename(&writing.path, &place)?;
            File::open(folder)?.sync_all()
        };
        settled().map_err(|error| trouble(&error))?;
        self.arrivals += 1;
        Ok(Shelved { hash, bytes: writing.bytes, image })
    }

    fn abort(&mut self, id: u64) {
        if let Some(writing) = self.writing.remove(&id) {
            discard(&writing.path);
        }
    }

    fn read(&self, hash: &str, at: u64) -> Option<Bytes> {
        let read = || -> io::Result<Bytes> {
            let file = File::open(self.place(hash))?;
            let left = file.metadata()?.len().saturating_sub(at);
            let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES)];
            file.read_exact_at(&mut piece, at)?;
            Ok(piece.into())
        };
        read().inspect_err(|error| tracing::warn!(%error, hash, "an image could not be read")).ok()
    }

    fn list(&self) -> Vec<String> {
        let named = |folder: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect()
        };
        let folders = named(&self.folder).into_iter().filter(|path| *path != self.incoming());
        let files = folders.flat_map(|folder| named(&folder));
        files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
    }

    fn remove(&self, hashes: &[String]) {
        for hash in hashes {
            if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                discard(&self.place(hash));
            }
        }
    }
}

/// Makes a folder with those above it, durably.
fn made(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(folder);
    made(above)?;
    fs::create_dir(folder).or_else(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
    })?;
    File::open(above)?.sync_all()
}

fn remove_all(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an image could not be removed");
    }
}

fn trouble(error: &io::Error) -> Trouble {
    tracing::warn!(%error, "an image could not be kept");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::DiskFull,
        io::ErrorKind::ReadOnlyFilesystem => Trouble::ReadOnly,
        _ => Trouble::Failed,
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests;
