//! An image on the wire.

use std::fmt::Write as _;

use parlor_chat::Attachment;
use serde::Serialize;

/// An image, with where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FileView {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    bytes: u64,
    width: u32,
    height: u32,
    url: String,
}

impl FileView {
    /// Where it is, from the root of the page.
    pub(crate) fn path(&self) -> &str {
        &self.url
    }

    /// A name as a part of an address.
    pub(crate) fn encoded(name: &str) -> String {
        let mut encoded = String::with_capacity(name.len());
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
            }
        }
        encoded
    }
}

/// Where the avatar with an id is.
pub(crate) fn avatar_url(id: &str) -> String {
    format!("/files/{id}/avatar")
}

impl From<Attachment> for FileView {
    fn from(file: Attachment) -> Self {
        let Attachment { id, name, kind, bytes, width, height } = file;
        let url = format!("/files/{id}/{}", Self::encoded(&name));
        Self { id, name, kind, bytes, width, height, url }
    }
}
