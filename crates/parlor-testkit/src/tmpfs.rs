//! A small file system of its own, to see what happens when a disk is full.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// How much is written at a time to fill it; small, so that nothing else fits afterwards.
const BLOCK_BYTES: usize = 4096;

/// A mounted file system in memory; unmounted when dropped.
#[derive(Debug)]
pub struct Tmpfs {
    folder: TempDir,
}

/// What fills a file system; dropping it makes room again.
#[derive(Debug)]
pub struct Ballast {
    path: PathBuf,
}

impl Tmpfs {
    /// Mounts a file system of this size.
    ///
    /// # Panics
    ///
    /// When this process may not mount, which takes root: a test that silently did nothing would be
    /// taken for a green one.
    #[track_caller]
    pub fn mount(bytes: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("parlor-disk-").tempdir();
        let folder = folder.expect("a temporary directory can be made");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=0700"), "tmpfs"]);
        let output = command.arg(folder.path()).output().expect("`mount` starts");
        assert!(
            output.status.success(),
            "this test mounts a small file system, which only root may: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { folder }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it to the last block.
    #[track_caller]
    pub fn fill(&self) -> Ballast {
        let path = self.path().join(".ballast");
        let mut file = File::create(&path).expect("a file can be made");
        while file.write_all(&[0; BLOCK_BYTES]).is_ok() {}
        Ballast { path }
    }
}

impl Ballast {
    /// Makes room for so many bytes again.
    #[track_caller]
    pub fn shrink(&self, bytes: u64) {
        let file = File::options().write(true).open(&self.path).expect("the ballast is there");
        let length = file.metadata().expect("it has a length").len();
        file.set_len(length.saturating_sub(bytes)).expect("it can be shortened");
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily, since a process that is being killed may still have a file open.
        Command::new("umount").arg("--lazy").arg(self.folder.path()).output().ok();
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_refuses_and_has_room_again() {
        let disk = Tmpfs::mount(1024 * 1024);
        let file = disk.path().join("file");
        let ballast = disk.fill();
        assert!(fs::write(&file, [1; BLOCK_BYTES]).is_err());
        ballast.shrink(BLOCK_BYTES as u64);
        fs::write(&file, [1; BLOCK_BYTES]).unwrap();
        assert!(fs::write(disk.path().join("other"), [1; BLOCK_BYTES]).is_err());
        drop(ballast);
        fs::write(&file, [1; 3 * BLOCK_BYTES]).unwrap();
        let path = disk.path().to_owned();
        drop(disk);
        assert!(!path.exists());
    }
}
