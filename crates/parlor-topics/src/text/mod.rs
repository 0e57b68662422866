//! The index of texts: finds events by the words in them, the newest first.
//!
//! It is derived from the topics and lies in a file of its own, so that filling it never holds up
//! a commit, and losing it loses nothing: one that is missing, damaged or of another version is
//! made anew, and whoever fills it asks how far it is. What it says is a hint, since it lags: who
//! asks looks at the event itself before showing it, and whether that may be seen.
//!
//! All calls block for as long as SQLite takes: they belong on a thread of their own or inside a
//! closure of [`crate::Store::read`].

mod words;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::connection::keep_plans;
use crate::limits::{
    LOCK_WAIT_MS, READER_THREADS, TEXT_PLACES_MAX, TEXT_PROBES_MAX, TEXT_WAL_PAGES,
};
use crate::{Error, Position, TopicId};

/// The file's format; another one is made anew.
const FORMAT: i64 = 2;

/// Ids begin with the time, so that their order is the order in which things were said.
const ID_BITS: u32 = 20;

const TABLES: &str = "
    CREATE VIRTUAL TABLE text_index USING fts5(
        labels, words, characters, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    );
    INSERT INTO text_index (text_index, rank) VALUES ('secure-delete', 1);
    CREATE TABLE text_document (
        id INTEGER PRIMARY KEY,
        topic INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        tag INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX text_document_by_event ON text_document (topic, seq);
    CREATE TABLE text_progress (
        topic INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL
    ) STRICT;
";

/// An event's text as it is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The event's place in its topic.
    pub offset: u64,
    /// When it was committed.
    pub at_ms: u64,
    /// A number that comes back with it.
    pub tag: u64,
    /// Words that are not in the text but may be asked for: ASCII letters and digits only.
    pub labels: Vec<String>,
    /// The text.
    pub text: String,
}

/// A change of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextChange {
    /// The document is new, or has another text than before.
    Put(Document),
    /// The event at this place has no text any more.
    Remove(u64),
}

/// What has become of the texts in a stretch of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextStretch {
    /// The topic.
    pub topic: TopicId,
    /// How far it was indexed before. Going on from 0 clears what was known of it.
    pub from: u64,
    /// The changes, in order.
    pub changes: Vec<TextChange>,
    /// How far it is indexed with them.
    pub upto: Position,
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextQuery {
    /// In any of these topics; none finds nothing.
    pub places: Vec<TopicId>,
    /// With all of these labels.
    pub labels: Vec<String>,
    /// With all of these words or phrases.
    pub phrases: Vec<TextPhrase>,
    /// With none of these.
    pub without: Vec<TextPhrase>,
    /// Committed at this time or later.
    pub since_ms: u64,
    /// Committed before this time, if there is one.
    pub until_ms: Option<u64>,
    /// Further back than the page that ended with this cursor.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// A word, or several that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPhrase {
    /// The words.
    pub text: String,
    /// Whether the last of them may go on: "te" finds "tea". It counts from
    /// [`crate::limits::TEXT_PREFIX_CHARS_MIN`] characters on, and not in scripts that write without spaces, where
    /// any part is found.
    pub begins: bool,
}

impl TextPhrase {
    /// Words that are found whole.
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), begins: false }
    }

    /// Words of which the last may go on.
    pub fn beginning(text: impl Into<String>) -> Self {
        Self { text: text.into(), begins: true }
    }
}

/// An event that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextHit {
    /// Its topic.
    pub topic: TopicId,
    /// Its place there.
    pub offset: u64,
    /// The number its document was given.
    pub tag: u64,
    /// From where to ask for what is further back.
    pub cursor: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextHits {
    /// The newest first.
    pub hits: Vec<TextHit>,
    /// From where to go on, if there may be more.
    pub next: Option<u64>,
}

/// The index; clones are the same index.
#[derive(Clone)]
pub struct TextIndex {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Connections nobody reads with at the moment.
    readers: Mutex<Vec<Connection>>,
    /// Something that was removed may still stand in the file's log.
    traces: AtomicBool,
    /// How often something was made durable, and who waits for that.
    changes: Mutex<u64>,
    changed: Condvar,
}

impl fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextIndex").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl TextIndex {
    /// Opens the index in this file, and makes it anew when it cannot be used.
    ///
    /// # Errors
    ///
    /// When the file can be neither used nor replaced.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let writer = match open_whole(&path) {
            Ok(writer) => writer,
            Err(error) => {
                tracing::info!(%error, "the search index is made anew");
                remove(&path)?;
                open_whole(&path)?
            }
        };
        let shared = Shared {
            path,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            // What was removed before the start, too.
            traces: AtomicBool::new(true),
            changes: Mutex::new(0),
            changed: Condvar::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Waits until a topic is indexed up to a position, and says whether it is: no when nothing at
    /// all was indexed for as long as `patience`. Blocks.
    pub fn wait(&self, topic: TopicId, upto: Position, patience: Duration) -> Result<bool, Error> {
        loop {
            // Counted before looking, so that what comes in between is not missed.
            let seen = *self.changes();
            if self.indexed(topic, upto)? >= upto.offset {
                return Ok(true);
            }
            let waited =
                self.shared
                    .changed
                    .wait_timeout_while(self.changes(), patience, |changes| *changes == seen);
            let (changes, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            drop(changes);
            if timeout.timed_out() {
                return Ok(false);
            }
        }
    }

    /// How far a topic is indexed: 0 when nothing of its present history is.
    pub fn indexed(&self, topic: TopicId, now: Position) -> Result<u64, Error> {
        let writer = self.writer();
        let mut select = writer
            .prepare_cached("SELECT epoch, seq FROM text_progress WHERE topic = ?1")
            .map_err(sqlite)?;
        let found = select
            .query_row([topic.0.cast_signed()], |row| Ok((number(row, 0)?, number(row, 1)?)))
            .optional()
            .map_err(sqlite)?;
        Ok(match found {
            Some((epoch, offset)) if epoch == now.epoch && offset <= now.offset => offset,
            _ => 0,
        })
    }

    /// Makes the changes of several stretches, and notes how far their topics are indexed; all or
    /// nothing. Many small stretches had better come together: each call writes a part of the index
    /// that is merged with the others later.
    pub fn apply(&self, stretches: &[TextStretch]) -> Result<(), Error> {
        let mut writer = self.writer();
        let tx = writer.transaction().map_err(sqlite)?;
        for stretch in stretches {
            apply(&tx, stretch)?;
        }
        tx.commit().map_err(sqlite)?;
        if stretches.iter().any(removes) {
            self.shared.traces.store(true, Ordering::Relaxed);
        }
        *self.changes() += 1;
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Forgets the documents of a topic before an offset.
    pub fn forget(&self, topic: TopicId, before: u64) -> Result<(), Error> {
        let mut writer = self.writer();
        let tx = writer.transaction().map_err(sqlite)?;
        clear(&tx, topic, before)?;
        tx.commit().map_err(sqlite)?;
        self.shared.traces.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Clears the file's log, if something that was removed may still stand in it: a quiet server
    /// would not write over it for weeks. While somebody searches that may not be possible, so
    /// whoever fills the index asks for it again and again.
    pub fn sweep(&self) -> Result<(), Error> {
        if !self.shared.traces.load(Ordering::Relaxed) {
            return Ok(());
        }
        let writer = self.writer();
        let held: i64 = writer
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(sqlite)?;
        self.shared.traces.store(held != 0, Ordering::Relaxed);
        Ok(())
    }

    /// Finds events. It looks at [`TEXT_PROBES_MAX`] candidates at most and says from where to go
    /// on, so that no question takes long, however little there is to be found.
    pub fn search(&self, query: &TextQuery) -> Result<TextHits, Error> {
        if query.places.is_empty() || query.limit == 0 {
            return Ok(TextHits::default());
        }
        let reader = self.reader()?;
        let found = search(&reader, query);
        let mut idle = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READER_THREADS {
            idle.push(reader);
        }
        found
    }

    fn changes(&self) -> MutexGuard<'_, u64> {
        self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> Result<Connection, Error> {
        let idle = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(reader) = idle {
            return Ok(reader);
        }
        let reader = connect(&self.shared.path)?;
        reader.pragma_update(None, "query_only", "ON").map_err(sqlite)?;
        Ok(reader)
    }
}

/// Opens the file, and sees to it that it has the tables of this version and no damage that shows.
fn open_whole(path: &Path) -> Result<Connection, Error> {
    let connection = connect(path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    // A power cut may take back the last batches, together with how far they went.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(sqlite)?;
    connection.pragma_update(None, "secure_delete", "ON").map_err(sqlite)?;
    connection.pragma_update(None, "wal_autocheckpoint", TEXT_WAL_PAGES).map_err(sqlite)?;
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(sqlite)?;
    if tables == 0 {
        let make = format!("BEGIN IMMEDIATE;{TABLES}PRAGMA user_version = {FORMAT};COMMIT;");
        connection.execute_batch(&make).map_err(sqlite)?;
    }
    if pragma("user_version").map_err(sqlite)? != FORMAT {
        return Err(Error::Damaged("the search index has another format".into()));
    }
    for table in ["text_index", "text_document", "text_progress"] {
        let read = format!("SELECT 1 FROM {table} LIMIT 1");
        connection.query_row(&read, [], |_| Ok(())).optional().map_err(sqlite)?;
    }
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    keep_plans(&connection).map_err(sqlite)?;
    connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS)).map_err(sqlite)?;
    connection.pragma_update(None, "mmap_size", 0).map_err(sqlite)?;
    connection.pragma_update(None, "cache_size", -16_384).map_err(sqlite)?;
    Ok(connection)
}

fn remove(path: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Io(error.to_string().into()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a stretch takes something out of the index.
fn removes(stretch: &TextStretch) -> bool {
    let removed = |change: &TextChange| matches!(change, TextChange::Remove(_));
    stretch.from == 0 || stretch.changes.iter().any(removed)
}

fn apply(tx: &Connection, stretch: &TextStretch) -> Result<(), Error> {
    let TextStretch { topic, from, changes, upto } = stretch;
    if *from == 0 {
        clear(tx, *topic, u64::MAX)?;
    }
    for change in changes {
        match change {
            TextChange::Put(document) => put(tx, *topic, document)?,
            TextChange::Remove(offset) => drop(take(tx, *topic, *offset)?),
        }
    }
    tx.prepare_cached(
        "INSERT INTO text_progress (topic, epoch, seq) VALUES (?1, ?2, ?3)
         ON CONFLICT (topic) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            topic.0.cast_signed(),
            upto.epoch.cast_signed(),
            upto.offset.cast_signed()
        ])
    })
    .map(drop)
    .map_err(sqlite)
}

fn put(tx: &Connection, topic: TopicId, document: &Document) -> Result<(), Error> {
    let id = match take(tx, topic, document.offset)? {
        Some(id) => id,
        None => free_id(tx, document.at_ms)?,
    };
    let run = || -> rusqlite::Result<()> {
        tx.prepare_cached(
            "INSERT INTO text_document (id, topic, seq, tag) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            topic.0.cast_signed(),
            document.offset.cast_signed(),
            document.tag.cast_signed()
        ])?;
        let mut labels = place(topic);
        for label in &document.labels {
            labels.push(' ');
            labels.push_str(label);
        }
        tx.prepare_cached(
            "INSERT INTO text_index (rowid, labels, words, characters) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            labels,
            words::words(&document.text),
            words::characters(&document.text)
        ])?;
        Ok(())
    };
    run().map_err(sqlite)
}

/// Takes a document out, and returns the id it had.
fn take(tx: &Connection, topic: TopicId, offset: u64) -> Result<Option<i64>, Error> {
    let run = || -> rusqlite::Result<Option<i64>> {
        let id = tx
            .prepare_cached("SELECT id FROM text_document WHERE topic = ?1 AND seq = ?2")?
            .query_row([topic.0.cast_signed(), offset.cast_signed()], |row| row.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(None) };
        tx.prepare_cached("DELETE FROM text_index WHERE rowid = ?1")?.execute([id])?;
        tx.prepare_cached("DELETE FROM text_document WHERE id = ?1")?.execute([id])?;
        Ok(Some(id))
    };
    run().map_err(sqlite)
}

/// Takes out the documents of a topic before an offset.
fn clear(tx: &Connection, topic: TopicId, before: u64) -> Result<(), Error> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let run = || -> rusqlite::Result<()> {
        let values = [topic.0.cast_signed(), before];
        tx.prepare_cached(
            "DELETE FROM text_index WHERE rowid IN
                (SELECT id FROM text_document WHERE topic = ?1 AND seq < ?2)",
        )?
        .execute(values)?;
        tx.prepare_cached("DELETE FROM text_document WHERE topic = ?1 AND seq < ?2")?
            .execute(values)?;
        Ok(())
    };
    run().map_err(sqlite)
}

/// Returns an id behind all others of the same millisecond.
fn free_id(tx: &Connection, at_ms: u64) -> Result<i64, Error> {
    let (first, end) = (id_at(at_ms), id_at(at_ms.saturating_add(1)));
    let last = tx
        .prepare_cached("SELECT max(id) FROM text_document WHERE id >= ?1 AND id < ?2")
        .and_then(|mut select| select.query_row([first, end], |row| row.get::<_, Option<i64>>(0)))
        .map_err(sqlite)?;
    Ok(last.map_or(first, |last| last + 1))
}

fn id_at(at_ms: u64) -> i64 {
    i64::try_from(at_ms.min(1 << 42) << ID_BITS).unwrap_or(i64::MAX)
}

/// The label of a topic.
fn place(topic: TopicId) -> String {
    format!("topic{topic}")
}

fn search(reader: &Connection, query: &TextQuery) -> Result<TextHits, Error> {
    let places: HashSet<TopicId> = query.places.iter().copied().collect();
    let Some(condition) = condition(query) else { return Ok(TextHits::default()) };
    let until = query.until_ms.map_or(i64::MAX, id_at);
    let below = query.before.map_or(until, |cursor| cursor.cast_signed().min(until));
    let mut hits = TextHits::default();
    let mut run = || -> rusqlite::Result<()> {
        let mut candidates = reader.prepare_cached(
            "SELECT rowid FROM text_index WHERE text_index MATCH ?1 AND rowid < ?2 AND rowid >= ?3
             ORDER BY rowid DESC",
        )?;
        let mut document =
            reader.prepare_cached("SELECT topic, seq, tag FROM text_document WHERE id = ?1")?;
        let mut rows = candidates.query(params![condition, below, id_at(query.since_ms)])?;
        let mut probed = 0;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if hits.hits.len() >= query.limit || probed >= TEXT_PROBES_MAX {
                // The last one looked at, whether it fitted or not, is where to go on.
                return Ok(());
            }
            probed += 1;
            hits.next = Some(id.cast_unsigned());
            let found = document.query_row([id], |row| {
                Ok((TopicId(number(row, 0)?), number(row, 1)?, number(row, 2)?))
            });
            if let Some((topic, offset, tag)) = found.optional()?
                && places.contains(&topic)
            {
                let cursor = id.cast_unsigned();
                hits.hits.push(TextHit { topic, offset, tag, cursor });
            }
        }
        hits.next = None;
        Ok(())
    };
    run().map_err(sqlite)?;
    Ok(hits)
}

/// Writes a question in the language of the index; nothing when nothing can fit.
fn condition(query: &TextQuery) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    // Of very many places each candidate is asked instead: most of what is found fits then.
    if query.places.len() <= TEXT_PLACES_MAX {
        let mut any = String::from("labels : (");
        for (at, topic) in query.places.iter().enumerate() {
            let or = if at == 0 { "" } else { " OR " };
            write!(any, "{or}{}", words::quoted(&place(*topic))).ok()?;
        }
        any.push(')');
        all.push(any);
    }
    all.extend(query.labels.iter().map(|label| format!("labels : {}", words::quoted(label))));
    for phrase in &query.phrases {
        // What has no word in it is nowhere.
        all.push(words::phrase(phrase)?);
    }
    if all.is_empty() {
        return None;
    }
    let wanted = all.join(" AND ");
    let without: Vec<String> = query.without.iter().filter_map(words::phrase).collect();
    if without.is_empty() {
        return Some(wanted);
    }
    Some(format!("({wanted}) NOT ({})", without.join(" OR ")))
}

fn number(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::cast_unsigned)
}

fn sqlite(error: rusqlite::Error) -> Error {
    Error::sqlite(&error)
}
