//! The page's own scripts, each against a server of its own.

use std::path::Path;

use parlor_testkit::browser::{SCRIPT_PATIENCE, Script};
use parlor_testkit::program::Server;

use crate::scene::{NO_GRACE, launch};

fn script(name: &str, server: &Server) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(name);
    Script::new(path, &format!("http://{}", server.http()))
        .with("PARLOR_SETUP_LINK", server.setup_link())
}

#[test]
fn from_nothing_to_a_conversation() {
    let server = launch().configuration(NO_GRACE).start();
    script("journey.mjs", &server).run();
}

#[test]
fn messages_are_answered_corrected_and_taken_back() {
    let server = launch().start();
    script("messages.mjs", &server).run();
}

#[test]
fn what_was_begun_is_finished_or_kept() {
    let server = launch().start();
    script("begun.mjs", &server).run();
}

#[test]
fn rooms_are_kept_in_order_and_devices_in_step() {
    // No machine is so slow that the grace passes while it loads a page again.
    let server = launch().configuration("[accounts]\nabsence_grace_seconds = 3600\n").start();
    script("rooms.mjs", &server).run();
}

#[test]
fn an_account_is_in_its_owners_hands() {
    let server = launch().start();
    script("account.mjs", &server).run();
}

#[test]
fn pictures_are_dropped_pasted_and_shown() {
    let server = launch().start();
    script("files.mjs", &server).run();
}

#[test]
fn a_search_leads_to_where_it_was_said() {
    let server = launch().start();
    script("search.mjs", &server).run();
}

#[test]
fn a_mention_rings_while_nobody_looks() {
    let server = launch().start();
    script("ringing.mjs", &server).run();
}

#[test]
fn ten_thousand_messages_scroll_by() {
    let server = launch().start();
    print!("{}", script("scroll.mjs", &server).run());
}

#[test]
fn everything_works_by_keyboard() {
    let server = launch().start();
    script("keyboard.mjs", &server).run();
}

#[test]
fn axe_finds_nothing_on_any_state_of_the_page() {
    let server = launch().configuration(NO_GRACE).start();
    script("accessibility.mjs", &server).run();
}

#[test]
fn the_page_loses_nothing_through_a_restart() {
    let mut server = launch().start();
    let mut restart = script("restart.mjs", &server).start();
    restart.expect("restart now");
    server.kill();
    server.restart();
    let status = restart.wait_within(SCRIPT_PATIENCE);
    assert!(status.success(), "restart.mjs failed:\n{}", restart.output());
}

#[test]
fn every_state_can_be_pictured() {
    let server = launch().configuration(NO_GRACE).start();
    let own = tempfile::tempdir().unwrap();
    // `PARLOR_SCREENSHOTS=DIR cargo test -p parlor --test it pictured` keeps them.
    let folder = std::env::var_os("PARLOR_SCREENSHOTS");
    let folder = folder.map_or_else(|| own.path().to_owned(), Into::into);
    script("screenshots.mjs", &server)
        .with("PARLOR_SCREENSHOTS", folder.display().to_string())
        .run();
    assert!(std::fs::read_dir(&folder).unwrap().count() > 0);
}
