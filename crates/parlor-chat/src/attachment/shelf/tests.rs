//! A disk that is full while an image comes in.

use parlor_testkit::{executor::block_on, tmpfs::Tmpfs};

use super::*;

const ANN: PersonId = PersonId(1);
const BOB: PersonId = PersonId(2);

/// The beginning of a picture, and then this many bytes.
fn picture(length: usize) -> Bytes {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x06\0\0\0";
    let mut picture = head.to_vec();
    picture.resize(head.len() + length, b'x');
    picture.into()
}

fn kept(shelf: &Shelf, content: &Bytes) -> Result<Shelved, Trouble> {
    block_on(async {
        let incoming = shelf.begin(ANN).await?;
        incoming.write(content.clone()).await?;
        incoming.finish().await
    })
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).into_iter().flatten().count()
}

#[test]
fn a_full_disk_takes_no_image_and_loses_none() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root may mount the small file system this test fills");
        return;
    }
    let disk = Tmpfs::mount(1024 * 1024);
    let folder = disk.path().join("attachments");
    let shelf = Shelf::start(folder.clone()).unwrap();
    let first = kept(&shelf, &picture(1000)).unwrap();
    // It becomes full between two pieces, and is full for whoever comes after.
    let begun = block_on(shelf.begin(ANN)).unwrap();
    let ballast = disk.fill();
    assert_eq!(block_on(begun.write(picture(100_000))), Err(Trouble::DiskFull));
    drop(begun);
    assert_eq!(kept(&shelf, &picture(100_000)), Err(Trouble::DiskFull));
    assert_eq!(block_on(shelf.list()), Some(vec![first.hash.clone()]));
    assert_eq!(files(&folder.join("incoming")), 0, "nothing of them is left");
    assert_eq!(block_on(shelf.piece(first.hash, 0)), Some(picture(1000)));
    drop(ballast);
    let second = kept(&shelf, &picture(100_000)).unwrap();
    assert_eq!(second.bytes, picture(100_000).len() as u64);
}

#[test]
fn who_sends_slowly_does_not_take_the_places_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::start(folder.path().join("attachments")).unwrap();
    let begin = |owner| block_on(shelf.begin(owner));
    let mut slow: Vec<_> = (0..UPLOADS_PER_ACCOUNT).map(|_| begin(ANN).unwrap()).collect();
    assert_eq!(begin(ANN).err(), Some(Trouble::Busy));
    assert!(begin(BOB).is_ok());
    slow.pop();
    assert!(begin(ANN).is_ok());
}
