//! What `docs/irc.md` says is spoken is what is spoken.

use std::collections::BTreeSet;

use parlor_irc::capability::OFFERED;
use parlor_irc::command;

#[test]
fn the_table_names_every_capability_and_command() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/irc.md");
    let text = std::fs::read_to_string(path).expect("the document is there");
    let row = |name: &str| -> BTreeSet<String> {
        let begin = format!("| {name} |");
        let row = text.lines().find(|line| line.starts_with(&begin)).expect("the row is there");
        row.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let offered: BTreeSet<String> = OFFERED.iter().map(|offer| offer.name.to_owned()).collect();
    assert_eq!(row("capabilities"), offered);
    let commands: BTreeSet<String> = command::all().map(str::to_owned).collect();
    assert_eq!(row("commands"), commands);
}
