//! The write-ahead log as a crash left it: is something behind the place where it stops to be
//! readable?
//!
//! SQLite reads the log up to the first frame that is not what was written and forgets the rest
//! without a word. That is right for what a crash cut short, which nobody was told of. But when a
//! byte in the middle has changed, commits that were acknowledged stand behind it, and the next
//! commit writes over them. So this looks before anything is written. A power cut can leave one
//! commit that is not whole, the last: then clients load everything afresh. More than one can
//! only be damage, and the store does not open.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// A page of the database and its header in the log.
pub(crate) const FRAME_BYTES: u64 = 4_096 + 24;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// How many commits are in a log behind the frames that were recovered.
pub(crate) fn commits_behind(log: &Path, recovered: u64) -> io::Result<u64> {
    let mut file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    let frames = bytes.saturating_sub(HEADER_BYTES as u64) / FRAME_BYTES;
    if frames <= recovered {
        return Ok(0);
    }
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header)?;
    let mut salts = (word(&header, 16), word(&header, 20));
    if !is_whole(&header) {
        let first = frame_header(&mut file, 0)?;
        salts = (word(&first, 8), word(&first, 12));
    }
    let mut commits = 0;
    for frame in recovered..frames {
        let header = frame_header(&mut file, frame)?;
        // Frames of an earlier round of the log have other salts, both of them; in one of this
        // round a wrong byte can be in one of them only.
        let this_round = word(&header, 8) == salts.0 || word(&header, 12) == salts.1;
        // The last frame of a commit says how long the database is after it.
        if this_round && word(&header, 4) != 0 {
            commits += 1;
        }
    }
    Ok(commits)
}

fn frame_header(file: &mut File, frame: u64) -> io::Result<[u8; FRAME_HEADER_BYTES]> {
    let mut header = [0; FRAME_HEADER_BYTES];
    file.seek(SeekFrom::Start(HEADER_BYTES as u64 + frame * FRAME_BYTES))?;
    file.read_exact(&mut header)?;
    Ok(header)
}

/// Whether the log's own header has the checksum it says. The lowest bit of its first word says
/// in which order of bytes the sums were made.
fn is_whole(header: &[u8; HEADER_BYTES]) -> bool {
    let big = word(header, 0) & 1 == 1;
    let summand = |at| if big { word(header, at) } else { word(header, at).swap_bytes() };
    let (mut one, mut two) = (0_u32, 0_u32);
    for at in (0..24).step_by(8) {
        one = one.wrapping_add(summand(at)).wrapping_add(two);
        two = two.wrapping_add(summand(at + 4)).wrapping_add(one);
    }
    (one, two) == (word(header, 24), word(header, 28))
}

/// A number of the log; all are stored with the highest byte first.
fn word(header: &[u8], at: usize) -> u32 {
    let bytes = header[at..at + 4].try_into().expect("four bytes are four bytes");
    u32::from_be_bytes(bytes)
}
