//! Programs that tests drive but that aren't ours: found on the path, or asked for in words.

use std::env;
use std::path::PathBuf;

/// Finds a program on the path.
///
/// # Panics
///
/// When it isn't installed, with the command that installs it: a test that needs a program fails
/// without it, since a test that silently did nothing would be taken for a green one.
#[track_caller]
pub fn find(program: &str) -> PathBuf {
    match lookup(program) {
        Some(path) => path,
        None => panic!(
            "`{program}` is not installed; run `cargo xtask test`, which installs what the tests need"
        ),
    }
}

/// Finds a program on the path, if it is there.
pub fn lookup(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_every_machine_is_found() {
        assert!(find("sh").is_absolute());
    }

    #[test]
    #[should_panic(expected = "run `cargo xtask test`")]
    fn a_missing_program_names_the_command_that_installs_it() {
        find("no-such-program-anywhere");
    }
}
