//! What a name looks like: two names that people would take for each other have a look in common.
//!
//! Skeletons are those of Unicode (UTS 39), with one exception: letters and digits of ASCII are
//! never taken for each other, since `ann1` and `annl`, `mark` and `rnark` are names in use.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// Returns the looks of a name; of one in ASCII, its folded form alone.
///
/// One is the skeleton of its small letters, so that names which differ in case only are alike in
/// every script. The other one is that of the letters as they are written, because capitals can
/// look like capitals of another script whose small letters differ: `В` and `B`, but `в` and `b`.
pub fn looks(name: &str) -> Vec<String> {
    if name.is_ascii() {
        return vec![name.to_ascii_lowercase()];
    }
    let small = of_letters(&name.to_lowercase());
    let written = of_letters(name);
    if small == written { vec![small] } else { vec![small, written] }
}

fn of_letters(name: &str) -> String {
    let mut look = String::with_capacity(name.len());
    // Accents are letters of their own here: they tell names apart.
    for letter in name.nfd() {
        if letter.is_ascii() {
            look.push(letter.to_ascii_lowercase());
            continue;
        }
        let mut letters = [0; 4];
        let like: String = skeleton(letter.encode_utf8(&mut letters)).collect();
        if like.len() == 1 && like != "l" {
            look.push_str(&like.to_ascii_lowercase());
        } else {
            // A small l is what many a capital i looks like; its small letter tells which it is.
            let small: String = letter.to_lowercase().collect();
            look.extend(skeleton(&small).flat_map(char::to_lowercase));
        }
    }
    look
}
