//! The page's own scripts, each against a server of its own.

use std::path::Path;

use parlor_testkit::browser::Script;
use parlor_testkit::program::Server;

use crate::scene::launch;

fn script(name: &str, server: &Server) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(name);
    Script::new(path, &format!("http://{}", server.http()))
        .with("PARLOR_SETUP_LINK", server.setup_link())
        .with("PARLOR_IRC", server.irc().to_string())
}
