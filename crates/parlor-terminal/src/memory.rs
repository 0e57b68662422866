//! What is remembered between two starts: for each server, who signed in there last.
//!
//! One small JSON file that only its owner can read. A file that cannot be understood counts as
//! empty: the worst that happens is that a password is asked for once more.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Error, ServerUrl, Session};

/// The sign-ins that are remembered in one file.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    name: String,
    token: String,
}

type Entries = BTreeMap<String, Entry>;

impl Memory {
    /// The memory in this file, which need not be there yet.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The session of the last sign-in at this server; with a name, only if it is that account's.
    #[must_use]
    pub fn session(&self, server: &ServerUrl, name: Option<&str>) -> Option<Session> {
        let entry = self.entries().remove(&server.to_string())?;
        let wanted = name.is_none_or(|name| name.eq_ignore_ascii_case(&entry.name));
        let Entry { name, token } = entry;
        wanted.then(|| Session { server: server.clone(), name, token })
    }

    /// Remembers a session in place of the last one at its server.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] when the file can't be written.
    pub fn keep(&self, session: &Session) -> Result<(), Error> {
        let entry = Entry { name: session.name.clone(), token: session.token.clone() };
        let mut entries = self.entries();
        entries.insert(session.server.to_string(), entry);
        self.write(&entries)
    }

    /// Forgets the session at a server.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] when the file can't be written.
    pub fn forget(&self, server: &ServerUrl) -> Result<(), Error> {
        let mut entries = self.entries();
        match entries.remove(&server.to_string()) {
            Some(_) => self.write(&entries),
            None => Ok(()),
        }
    }

    fn entries(&self) -> Entries {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, entries: &Entries) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(entries).expect("a map of texts is always JSON");
        let failed = |source| Error::Memory { path: self.path.display().to_string(), source };
        self.replace(text.as_bytes()).map_err(failed)
    }

    /// Writes beside and renames, so that there is no moment with half a file.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(server: &str, name: &str, token: &str) -> Session {
        let server = server.parse().unwrap();
        Session { server, name: name.to_owned(), token: token.to_owned() }
    }

    #[test]
    fn each_server_has_its_last_session_and_nobody_else_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parlor/sessions.json");
        let memory = Memory::at(path.clone());
        let (here, there) = (session("http://a", "Ann", "1"), session("http://b", "bob", "2"));
        assert_eq!(memory.session(&here.server, None), None);
        memory.keep(&here).unwrap();
        memory.keep(&there).unwrap();
        assert_eq!(memory.session(&here.server, Some("ann")), Some(here.clone()));
        assert_eq!(memory.session(&here.server, Some("bob")), None);
        memory.forget(&here.server).unwrap();
        assert_eq!(memory.session(&here.server, None), None);
        assert_eq!(memory.session(&there.server, None), Some(there));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "{ half").unwrap();
        assert_eq!(memory.session(&here.server, None), None);
        memory.keep(&here).unwrap();
        assert_eq!(memory.session(&here.server, None), Some(here));
    }
}
