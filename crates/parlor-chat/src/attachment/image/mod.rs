//! Knows an image by its first bytes, and how large it is, without decoding it: nothing here can be
//! made to take memory or time by what somebody sends.

use crate::limits::{IMAGE_PIXELS_MAX, IMAGE_SIDE_MAX};

/// What an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) kind: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Why something is no image to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageTrouble {
    /// It is none of the known kinds, whatever it is called.
    Unknown,
    /// Decoded, it would be too large for whoever looks at it.
    TooLarge,
}

/// Recognises an image by its beginning.
pub(crate) fn recognised(head: &[u8]) -> Result<Image, ImageTrouble> {
    let found = png(head).or_else(|| gif(head)).or_else(|| webp(head)).or_else(|| jpeg(head));
    let image = found.filter(|image| image.width > 0 && image.height > 0);
    let image = image.ok_or(ImageTrouble::Unknown)?;
    let Image { width, height, .. } = image;
    let pixels = u64::from(width) * u64::from(height);
    if width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || pixels > IMAGE_PIXELS_MAX {
        return Err(ImageTrouble::TooLarge);
    }
    Ok(image)
}

fn png(head: &[u8]) -> Option<Image> {
    let header = head.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
    Some(Image { kind: "image/png", width: side(0)?, height: side(4)? })
}

fn gif(head: &[u8]) -> Option<Image> {
    let screen = head.strip_prefix(b"GIF87a").or_else(|| head.strip_prefix(b"GIF89a"))?;
    let side = |at: usize| Some(u32::from(u16::from_le_bytes(*screen.get(at..)?.first_chunk()?)));
    Some(Image { kind: "image/gif", width: side(0)?, height: side(2)? })
}

fn webp(head: &[u8]) -> Option<Image> {
    let chunk = head.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let (name, data) = (chunk.get(..4)?, chunk.get(8..)?);
    let (width, height) = match name {
        b"VP8 " if data.get(3..6)? == b"\x9d\x01\x2a" => {
            let side = |at: usize| {
                Some(u32::from(u16::from_le_bytes(*data.get(at..)?.first_chunk()?) & 0x3fff))
            };
            (side(6)?, side(8)?)
        }
        b"VP8L" if *data.first()? == 0x2f => {
            let bits = u32::from_le_bytes(*data.get(1..)?.first_chunk()?);
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        b"VP8X" => {
            let side = |at: usize| {
                let [low, middle, high] = *data.get(at..)?.first_chunk()?;
                Some(u32::from_le_bytes([low, middle, high, 0]) + 1)
            };
            (side(4)?, side(7)?)
        }
        _ => return None,
    };
    Some(Image { kind: "image/webp", width, height })
}

/// Goes from marker to marker up to the one that says how large the picture is.
fn jpeg(head: &[u8]) -> Option<Image> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        // Markers may be filled up with more 0xff.
        let [0xff, marker, ..] = *rest else { return None };
        rest = &rest[1..];
        if marker == 0xff {
            continue;
        }
        rest = &rest[1..];
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side =
                |at: usize| Some(u32::from(u16::from_be_bytes(*rest.get(at..)?.first_chunk()?)));
            return Some(Image { kind: "image/jpeg", width: side(5)?, height: side(3)? });
        }
        if matches!(marker, 0xd9 | 0xda) || length < 2 {
            return None;
        }
        rest = rest.get(length..)?;
    }
}

#[cfg(test)]
mod tests;
