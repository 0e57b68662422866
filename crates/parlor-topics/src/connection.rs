//! Connections to the database: every setting is set explicitly and read back.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::directory::Directory;
use crate::limits::LOCK_WAIT_MS;
use crate::schema::Epochs;
use crate::{Error, OpenError, log, schema};

/// The first version without the bug that could corrupt a write-ahead log.
const SQLITE_MIN: i32 = 3_051_003;

/// Statements a connection keeps prepared.
const STATEMENTS_KEPT: usize = 256;

/// The connection of the writer, the only one that writes and checkpoints, and what is to become
/// of the epochs of what it found.
pub(crate) fn open_for_writing(directory: &Directory) -> Result<(Connection, Epochs), OpenError> {
    if rusqlite::version_number() < SQLITE_MIN {
        let version = rusqlite::version();
        return Err(mistake(format!("SQLite {version} can corrupt its log; 3.51.3 is needed")));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.database(), flags).map_err(sqlite)?;
    // A store that is refused stays as it is: closing must not move its log into the database.
    set_flag(&connection, DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Before anything is set that could change the file.
    schema::check(&connection, directory.path())?;
    let epochs = check_log(&connection, directory)?;
    set_common(&connection)?;
    set(&connection, "journal_mode", "WAL", "wal")?;
    // Synced at every commit: acknowledged means durable.
    set(&connection, "synchronous", "FULL", "2")?;
    // What is deleted or redacted is overwritten, not only unlinked.
    set(&connection, "secure_delete", "ON", "1")?;
    set(&connection, "cache_size", "-32768", "-32768")?;
    set_flag(&connection, DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok((connection, epochs))
}

/// Whether all commits are there: if the last may be missing, clients load everything afresh, and
/// if more are, the store does not open.
fn check_log(connection: &Connection, directory: &Directory) -> Result<Epochs, OpenError> {
    if directory.log_lost() {
        tracing::warn!("the write-ahead log has gone: clients will load everything afresh");
        return Ok(Epochs::Renew);
    }
    let recovered = connection
        .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1))
        .map_err(sqlite)?;
    let recovered = u64::try_from(recovered).unwrap_or(0);
    let dir = directory.path().to_owned();
    match log::commits_behind(&directory.log(), recovered) {
        Err(source) => Err(OpenError::Io { dir, source }),
        Ok(0) => Ok(Epochs::Keep),
        Ok(1) => {
            tracing::warn!("the last commit is not whole: clients will load everything afresh");
            Ok(Epochs::Renew)
        }
        Ok(behind) => {
            let why = format!("{behind} commits in its log cannot be read");
            Err(OpenError::Damaged { dir, why })
        }
    }
}

fn set_flag(connection: &Connection, flag: DbConfig, on: bool) -> Result<(), OpenError> {
    connection.set_db_config(flag, on).map(drop).map_err(sqlite)
}

/// A connection that cannot change anything.
pub(crate) fn open_for_reading(database: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(sqlite)?;
    set_common(&connection)?;
    set(&connection, "cache_size", "-8192", "-8192")?;
    set(&connection, "query_only", "ON", "1")?;
    Ok(connection)
}

fn set_common(connection: &Connection) -> Result<(), OpenError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    keep_plans(connection).map_err(sqlite)?;
    connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS)).map_err(sqlite)?;
    set(connection, "busy_timeout", &LOCK_WAIT_MS.to_string(), &LOCK_WAIT_MS.to_string())?;
    // The writer checkpoints, between commits.
    set(connection, "wal_autocheckpoint", "0", "0")?;
    // A mapped file turns a truncated one into a crash, and a stray write into damage.
    set(connection, "mmap_size", "0", "0")?;
    set(connection, "foreign_keys", "ON", "1")?;
    set(connection, "trusted_schema", "OFF", "0")?;
    set(connection, "cell_size_check", "ON", "1")?;
    set(connection, "temp_store", "MEMORY", "2")
}

/// Lets statements keep the plan that they were prepared with. Without it, SQLite prepares some
/// anew whenever a value is bound that might suggest another plan (every `LIMIT ?`), which takes ten
/// times as long as running most of them.
pub(crate) fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Sets a PRAGMA and reads it back.
fn set(connection: &Connection, name: &str, value: &str, expected: &str) -> Result<(), OpenError> {
    let setting = format!("PRAGMA {name} = {value}");
    let mut statement = connection.prepare(&setting).map_err(sqlite)?;
    let mut rows = statement.query([]).map_err(sqlite)?;
    while rows.next().map_err(sqlite)?.is_some() {}
    drop(rows);
    let found = connection
        .query_row(&format!("PRAGMA {name}"), [], |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => other.as_str()?.to_owned(),
            })
        })
        .map_err(sqlite)?;
    if found == expected {
        return Ok(());
    }
    Err(mistake(format!("PRAGMA {name} stays {found} instead of {expected}")))
}

fn mistake(what: String) -> OpenError {
    OpenError::Sqlite(Error::Statement(what.into()))
}

fn sqlite(error: rusqlite::Error) -> OpenError {
    OpenError::Sqlite(Error::sqlite(&error))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let connection = Connection::open_in_memory().unwrap();
        keep_plans(&connection).unwrap();
        let make = "CREATE TABLE one (n INTEGER); CREATE INDEX some ON one (n) WHERE n > 5;";
        connection.execute_batch(make).unwrap();
        for select in ["SELECT n FROM one LIMIT ?1", "SELECT n FROM one WHERE n > ?1"] {
            let mut select = connection.prepare_cached(select).unwrap();
            for bound in 0..10 {
                assert!(!select.exists([bound]).unwrap());
            }
            assert_eq!(select.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
