//! What is an image, and how large.

use proptest::prelude::*;

use super::*;

fn png_of(width: u32, height: u32) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    [&head[..], &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"].concat()
}

const GIF: &[u8] = b"GIF89a\x0a\x00\x14\x00\xf7\x00\x00";
const LOSSY: &[u8] =
    b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x40\x01\xf0\x00";
const LOSSLESS: &[u8] = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f\x3f\xc1\x3b\x00";
const EXTENDED: &[u8] =
    b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\x3f\x01\x00\xef\x00\x00";
/// With an application's segment, a quantisation table and filling before the frame.
const JPEG: &[u8] =
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xdb\x00\x03x\xff\xff\xc2\x00\x11\x08\x00\xf0\x01\x40\x03";

#[test]
fn images_are_known_by_their_content() {
    let (wide, high) = (320, 240);
    for (head, kind, width, height) in [
        (&png_of(wide, high)[..], "image/png", wide, high),
        (GIF, "image/gif", 10, 20),
        (LOSSY, "image/webp", wide, high),
        (LOSSLESS, "image/webp", wide, high),
        (EXTENDED, "image/webp", wide, high),
        (JPEG, "image/jpeg", wide, high),
    ] {
        assert_eq!(recognised(head), Ok(Image { kind, width, height }), "{kind}");
        for end in 0..10 {
            assert_eq!(recognised(&head[..end]), Err(ImageTrouble::Unknown), "{kind} to {end}");
        }
    }
}

#[test]
fn what_is_something_else_is_no_image() {
    for other in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<html><script>",
        b"%PDF-1.7",
        b"\x7fELF",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xda\x00\x08",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
    ] {
        assert_eq!(recognised(other), Err(ImageTrouble::Unknown));
    }
}

#[test]
fn what_would_burst_whoever_looks_at_it_is_refused() {
    for (width, height, wanted) in [
        (0, 10, Err(ImageTrouble::Unknown)),
        (10, 0, Err(ImageTrouble::Unknown)),
        (IMAGE_SIDE_MAX, 1, Ok(())),
        (IMAGE_SIDE_MAX + 1, 1, Err(ImageTrouble::TooLarge)),
        (u32::MAX, u32::MAX, Err(ImageTrouble::TooLarge)),
        (10_000, 10_000, Err(ImageTrouble::TooLarge)),
    ] {
        assert_eq!(recognised(&png_of(width, height)).map(drop), wanted, "{width} x {height}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0..5usize) {
        let starts: [&[u8]; 5] = [b"", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8", b"\x89PNG"];
        bytes.splice(0..0, starts[start].iter().copied());
        prop_assert!(recognised(&bytes).is_err() || bytes.len() > 9);
    }
}
