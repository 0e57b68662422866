//! How an image on a message is written.

use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;

#[derive(Serialize, Deserialize)]
pub(super) struct FileBody {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    bytes: u64,
    width: u32,
    height: u32,
}

impl From<FileBody> for Attachment {
    fn from(body: FileBody) -> Self {
        let FileBody { id, name, kind, bytes, width, height } = body;
        Self { id, name, kind, bytes, width, height }
    }
}

impl From<Attachment> for FileBody {
    fn from(file: Attachment) -> Self {
        let Attachment { id, name, kind, bytes, width, height } = file;
        Self { id, name, kind, bytes, width, height }
    }
}
