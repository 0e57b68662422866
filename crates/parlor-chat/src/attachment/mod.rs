//! Images that hang on messages: what they are, and where their content lies.

mod image;
mod shelf;

pub(crate) use self::{
    image::{Image, ImageTrouble, recognised},
    shelf::{Incoming, Shelf, Shelved, Trouble},
};

/// An image that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// By which it is asked for and put on a message.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// Its media type, by its content.
    pub kind: String,
    /// How long it is.
    pub bytes: u64,
    /// How wide it is, in pixels.
    pub width: u32,
    /// How high it is, in pixels.
    pub height: u32,
}
