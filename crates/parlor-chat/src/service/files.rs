//! Images: taken in, hung on messages, shown to who may read the message, and cleared away.

use std::sync::Arc;

use bytes::Bytes;
use parlor_hub::{Account, Attached, Error, Failure, PersonId, Verb};
use parlor_topics::{Snapshot, TopicId, Unavailable};

use super::{Chat, refused, rights_of_account};
use crate::{
    attachment::{Attachment, Incoming, Trouble},
    limits::{FILE_BYTES_MAX, FILE_NAME_BYTES_MAX, FILES_BYTES_PER_ACCOUNT, UNUSED_FILE_MS},
    refusal::Refusal,
    rules,
    tables::{self, files},
};

/// An image on its way in. Dropped before its end, nothing stays of it.
pub struct Upload {
    chat: Chat,
    owner: PersonId,
    name: String,
    incoming: Incoming,
}

impl Upload {
    /// Takes the next piece.
    pub async fn write(&self, piece: Bytes) -> Result<(), Failure<Refusal>> {
        self.incoming.write(piece).await.map_err(failed)
    }

    /// Keeps it. It is whole and durable when this returns, and on no message yet.
    pub async fn finish(self) -> Result<Attachment, Failure<Refusal>> {
        let Self { chat, owner, name, incoming } = self;
        let shelved = incoming.finish().await.map_err(failed)?;
        let mut random = [0; 15];
        getrandom::fill(&mut random).map_err(|_| Error::System { what: "randomness" })?;
        let id = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let (kind, bytes) = (shelved.image.kind.to_owned(), shelved.bytes);
        let (width, height) = (shelved.image.width, shelved.image.height);
        let file = Attachment { id, name, kind, bytes, width, height };
        let (kept, content) = (file.clone(), shelved.hash.clone());
        let written = chat.store.write(move |tx| {
            if files::bytes_of(tx, owner)? + kept.bytes > FILES_BYTES_PER_ACCOUNT {
                return Err(refused(Refusal::NoRoomForFiles { max: FILES_BYTES_PER_ACCOUNT }));
            }
            files::insert(tx, owner, &kept, &shelved)?;
            Ok(())
        });
        match written.await {
            Ok(_) => Ok(file),
            Err(error) => {
                chat.clear_contents(vec![content]).await;
                Err(error.into())
            }
        }
    }
}

/// An image that somebody may see.
#[derive(Clone)]
pub struct FileView {
    /// What it is.
    pub file: Attachment,
    chat: Chat,
    hash: Arc<str>,
}

impl FileView {
    /// Reads the piece at a place; nothing if it can't be read.
    pub async fn piece(&self, at: u64) -> Option<Bytes> {
        self.chat.shared.shelf.as_ref()?.piece(self.hash.to_string(), at).await
    }
}

impl Chat {
    /// Begins to take in an image for an account. What somebody has stored already is looked at
    /// first, so that whoever has no room is told before sending it.
    pub async fn upload(&self, owner: &Account, name: &str) -> Result<Upload, Failure<Refusal>> {
        let name = file_name(name);
        let owner = owner.id.into();
        let stored = self.store.read(move |snapshot| files::bytes_of(snapshot, owner)).await?;
        if stored >= FILES_BYTES_PER_ACCOUNT {
            let max = FILES_BYTES_PER_ACCOUNT;
            return Err(Failure::Refused(Refusal::NoRoomForFiles { max }));
        }
        let shelf = self.shared.shelf.as_ref().ok_or_else(|| failed(Trouble::Failed))?;
        let incoming = shelf.begin(owner).await.map_err(failed)?;
        Ok(Upload { chat: self.clone(), owner, name, incoming })
    }

    /// Finds an image, for who may read the message it hangs on, and for its owner; avatars for
    /// everybody with an account.
    pub async fn file(&self, asker: &Account, id: &str) -> Result<FileView, Failure<Refusal>> {
        let (asker, id) = (asker.clone(), id.to_owned());
        let found = self.store.read(move |snapshot| {
            let found = files::by_id(snapshot, &id)?;
            let Some(row) = found else { return Ok(None) };
            let person = asker.id.into();
            let may = row.owner == person
                || row.avatar
                || match row.topic {
                    // On a direct message it is the two people's.
                    Some(_) if row.peer != tables::NOBODY => row.peer == person,
                    Some(room) => may_read(snapshot, &asker, room)?,
                    None => false,
                };
            Ok(may.then_some(row))
        });
        let row = found.await?.ok_or(Failure::Refused(Refusal::NoSuchFile))?;
        Ok(FileView { file: row.file, chat: self.clone(), hash: row.hash.into() })
    }

    /// Reads what is to hang on a message, in the order given.
    pub(super) async fn own_files(
        &self,
        who: &Attached,
        ids: Vec<String>,
    ) -> Result<Vec<Attachment>, Failure<Refusal>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let owner = who.person;
        let read = self.store.read(move |snapshot| {
            let mut own = Vec::new();
            for id in &ids {
                let row = files::by_id(snapshot, id)?.filter(|row| row.owner == owner);
                let Some(row) = row else { return Ok(None) };
                own.push(row.file);
            }
            Ok(Some(own))
        });
        read.await?.ok_or(Failure::Refused(Refusal::NoSuchFile))
    }

    /// Clears away what nobody can see any more: images never put on a message, those whose message
    /// is gone, and contents nobody refers to.
    pub async fn sweep_files(&self) {
        let swept = self.store.write::<_, Refusal>(|tx| {
            files::clear(tx, tx.now_ms().saturating_sub(UNUSED_FILE_MS))?;
            Ok(())
        });
        let Some(shelf) = &self.shared.shelf else { return };
        if swept.await.is_ok()
            && let Some(there) = shelf.list().await
        {
            self.clear_contents(there).await;
        }
    }

    /// Removes the contents among these that nobody refers to.
    pub(super) async fn clear_contents(&self, hashes: Vec<String>) {
        let Some(shelf) = self.shared.shelf.as_ref().filter(|_| !hashes.is_empty()) else { return };
        let Some(arrivals) = shelf.arrivals().await else { return };
        let unreferenced =
            self.store.read(move |snapshot| files::unreferenced(snapshot, &hashes)).await;
        match unreferenced {
            Ok(hashes) if hashes.is_empty() => {}
            Ok(hashes) => shelf.remove(hashes, arrivals).await,
            Err(error) => tracing::warn!(%error, "unused images are still there"),
        }
    }
}

fn may_read(
    snapshot: &Snapshot<'_>,
    asker: &Account,
    room: TopicId,
) -> Result<bool, parlor_topics::Error> {
    let (actor, rights) = rights_of_account(snapshot, asker, room)?;
    Ok(rules::permit(&actor, Verb::Read, &rights).is_ok())
}

/// Makes what somebody calls a file fit for an address and a folder: the last part of a path, of
/// letters, digits and a few signs.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = last.chars().map(safe).collect();
    let name = &name[..name.floor_char_boundary(FILE_NAME_BYTES_MAX)];
    let name = name.trim_matches('.');
    if name.is_empty() { "image".to_owned() } else { name.to_owned() }
}

fn failed(trouble: Trouble) -> Failure<Refusal> {
    match trouble {
        Trouble::NotAnImage => Failure::Refused(Refusal::NotAnImage),
        Trouble::TooManyPixels => Failure::Refused(Refusal::TooManyPixels),
        Trouble::TooLong => Failure::Refused(Refusal::FileTooLong { max: FILE_BYTES_MAX }),
        Trouble::Busy => Failure::Unavailable(Unavailable::Busy),
        Trouble::DiskFull => Failure::Unavailable(Unavailable::DiskFull),
        Trouble::ReadOnly => Failure::Unavailable(Unavailable::ReadOnly),
        Trouble::Failed => Failure::Unavailable(Unavailable::Closed),
    }
}
