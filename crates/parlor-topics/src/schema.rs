//! Tables: the store's own, and the numbered migrations of the apps, brought up to date in one
//! transaction when the store opens.

use std::path::Path;

use rusqlite::Connection;

use crate::{Error, OpenError};

/// The tables of one app, as numbered migrations that only go forward.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The app's name; its tables begin with it.
    pub name: &'static str,
    /// Statements, one migration each; the first one creates the tables. A migration that was
    /// released never changes again: what comes later is a further migration.
    pub migrations: &'static [&'static str],
}

/// The format of the data directory and of the store's own tables.
pub(crate) const FORMAT: u32 = 1;

/// Marks a database file as Parlor's: `PRLR`.
pub(crate) const APPLICATION_ID: i32 = 0x5052_4C52;

/// The store's own tables. Offsets are dense from `first` to `head`; `commit_no` and `place` say
/// where an event stands among the events of all topics.
const OWN: Schema = Schema {
    name: "topics",
    migrations: &["
        CREATE TABLE topics_counter (
            name TEXT NOT NULL PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO topics_counter (name, value) VALUES ('commit', 0);
        CREATE TABLE topics_topic (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            epoch INTEGER NOT NULL,
            head INTEGER NOT NULL,
            first INTEGER NOT NULL,
            retention INTEGER NOT NULL,
            amount INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX topics_topic_days ON topics_topic (id) WHERE retention = 2;
        CREATE TABLE topics_event (
            topic INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            commit_no INTEGER NOT NULL,
            place INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            actor INTEGER NOT NULL,
            kind TEXT NOT NULL,
            body BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (topic, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE topics_key (
            producer INTEGER NOT NULL,
            key TEXT NOT NULL,
            topic INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (producer, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX topics_key_at ON topics_key (at_ms);
    "],
};

/// What becomes of the topics' epochs when the store opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epochs {
    Keep,
    /// Commits may have been lost.
    Renew,
}

/// Brings the store's own tables and those of the apps up to date, all or nothing. The epochs are
/// renewed in the same transaction, because it may write over the traces of what was lost.
pub(crate) fn migrate(
    connection: &Connection,
    apps: &[Schema],
    epochs: Epochs,
) -> Result<(), OpenError> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
    let migrated = migrate_all(connection, apps).and_then(|()| match epochs {
        Epochs::Keep => Ok(()),
        Epochs::Renew => renew_epochs(connection),
    });
    let ended = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.execute_batch(ended).map_err(sqlite);
    migrated.and(ended)
}

fn migrate_all(connection: &Connection, apps: &[Schema]) -> Result<(), OpenError> {
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS topics_schema (
                name TEXT NOT NULL PRIMARY KEY,
                version INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID",
        )
        .map_err(sqlite)?;
    let mut changed = false;
    for schema in std::iter::once(&OWN).chain(apps) {
        changed |= migrate_one(connection, schema)?;
    }
    if changed {
        refuse_loose_tables(connection)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    connection.pragma_update(None, "user_version", FORMAT).map_err(sqlite)
}

fn migrate_one(connection: &Connection, schema: &Schema) -> Result<bool, OpenError> {
    let found: u32 = connection
        .query_row(
            "SELECT COALESCE((SELECT version FROM topics_schema WHERE name = ?1), 0)",
            [schema.name],
            |row| row.get(0),
        )
        .map_err(sqlite)?;
    let known = u32::try_from(schema.migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer { what: schema.name.to_owned(), found, known });
    }
    for migration in &schema.migrations[found as usize..] {
        connection.execute_batch(migration).map_err(sqlite)?;
        if connection.is_autocommit() {
            return Err(mistake(format!("a migration of {} ends its transaction", schema.name)));
        }
    }
    connection
        .execute(
            "INSERT INTO topics_schema (name, version) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET version = excluded.version",
            (schema.name, known),
        )
        .map_err(sqlite)?;
    Ok(found < known)
}

/// Refuses a database that is another program's, or a newer Parlor's.
pub(crate) fn check(connection: &Connection, dir: &Path) -> Result<(), OpenError> {
    let pragma = |name: &str| {
        let read = connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
        read.map_err(|error| match Error::sqlite(&error) {
            Error::Damaged(why) => OpenError::Damaged { dir: dir.to_owned(), why: why.to_string() },
            error => OpenError::Sqlite(error),
        })
    };
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(sqlite)?;
    match pragma("application_id")? {
        APPLICATION_ID => {}
        0 if tables == 0 => return Ok(()),
        _ => {
            let why = "its database belongs to another program".to_owned();
            return Err(OpenError::NotOurs { dir: dir.to_owned(), why });
        }
    }
    let found = u32::try_from(pragma("user_version")?).unwrap_or(0);
    if found > FORMAT {
        let what = "the store".to_owned();
        return Err(OpenError::Newer { what, found, known: FORMAT });
    }
    Ok(())
}

/// Gives every topic a new epoch.
fn renew_epochs(connection: &Connection) -> Result<(), OpenError> {
    // 48 random bits, never 0, as `Tx::topic` makes them.
    let renewed = connection
        .execute_batch("UPDATE topics_topic SET epoch = (abs(random() % 281474976710655) + 1)");
    renewed.map_err(sqlite)
}

/// A table that is not STRICT takes any type in any column, which PostgreSQL would refuse.
fn refuse_loose_tables(connection: &Connection) -> Result<(), OpenError> {
    let loose = connection.query_row(
        "SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite\\_%' \
         ESCAPE '\\'",
        [],
        |row| row.get::<_, String>(0),
    );
    match loose {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
        Err(error) => Err(sqlite(error)),
        Ok(table) => Err(mistake(format!("table {table} is not STRICT"))),
    }
}

fn mistake(what: String) -> OpenError {
    OpenError::Sqlite(Error::Statement(what.into()))
}

fn sqlite(error: rusqlite::Error) -> OpenError {
    OpenError::Sqlite(Error::sqlite(&error))
}
