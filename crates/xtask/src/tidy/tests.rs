//! Each rule on a small tree that breaks it and on one that doesn't, and all rules on the workspace.

use super::{
    Finding, RULES, edges, headers, links, members, models, modules, names, vendored, words,
};
use super::{confined, dependencies};
use crate::digest::sha256;
use crate::workspace::Tree;

/// The findings of one rule on a tree, as text.
fn found(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    let line = |finding: Finding| {
        let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{line}: {}", finding.path, finding.what)
    };
    check(&Tree::of(files)).into_iter().map(line).collect()
}

#[track_caller]
fn expect(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
    let findings = found(check, files);
    assert_eq!(findings.len(), expected.len(), "{findings:#?}");
    for (finding, expected) in findings.iter().zip(expected) {
        assert!(finding.contains(expected), "{finding:?} does not say {expected:?}");
    }
}

#[test]
fn the_workspace_is_tidy() {
    let tree = Tree::read().unwrap();
    let findings: Vec<_> = RULES.iter().flat_map(|rule| (rule.check)(&tree)).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_file_without_a_header_is_found() {
    let good = [("crates/a/src/lib.rs", "//! What it is.\n"), ("a/b.mjs", "// What it is.\n")];
    expect(headers::check, &good, &[]);
    let bad = [
        ("crates/a/src/lib.rs", "use std::fs;\n//! Too late.\n"),
        ("crates/b/assets/app.js", "import x from './x.js';\n"),
        ("crates/b/assets/vendor/lib.js", "no header, not ours\n"),
    ];
    expect(headers::check, &bad, &["lib.rs: the file does not begin", "app.js: the file does not"]);
}

#[test]
fn an_edge_that_the_table_does_not_have_is_found() {
    let good = [(
        "crates/parlor-hub/Cargo.toml",
        "[dependencies]\nparlor-topics.workspace = true\nserde = '1'\n\
         [dev-dependencies]\nparlor-testkit.workspace = true\n",
    )];
    expect(edges::check, &good, &[]);
    let bad = [
        ("crates/parlor-chat/Cargo.toml", "[dependencies]\nparlor-http.workspace = true\n"),
        ("crates/parlor-engine/Cargo.toml", "[dev-dependencies]\nparlor-hub.workspace = true\n"),
        ("crates/parlor-hub/Cargo.toml", "[dependencies]\nparlor-testkit.workspace = true\n"),
        ("crates/parlor-new/Cargo.toml", ""),
    ];
    let expected = [
        "`parlor-chat` may not use `parlor-http`",
        "tests of `parlor-engine` may not use `parlor-hub`",
        "`parlor-hub` may not use `parlor-testkit`",
        "no row in tidy's table",
    ];
    expect(edges::check, &bad, &expected);
}

#[test]
fn a_crate_missing_from_a_list_is_found() {
    const LINTS: &str = "[lints]\nworkspace = true\n";
    let good = [
        ("Cargo.toml", "members = [\n    \"crates/a\", # the a\n]\n"),
        ("ARCHITECTURE.md", "| `a` | the `a` | `src/lib.rs`, `src/b/` |\n"),
        ("crates/a/Cargo.toml", LINTS),
        ("crates/a/src/lib.rs", ""),
        ("crates/a/src/b/mod.rs", ""),
    ];
    expect(members::check, &good, &[]);
    let bad = [
        ("Cargo.toml", "members = [\n    \"crates/a\",\n    \"crates/gone\", # was here\n]\n"),
        ("ARCHITECTURE.md", "| `a` | the `a` | `src/c.rs` |\n"),
        ("crates/a/Cargo.toml", "[package]\n"),
        ("crates/b/Cargo.toml", LINTS),
    ];
    let expected = [
        "Cargo.toml:2: the member `a` has no comment",
        "Cargo.toml:3: the member `gone` does not exist",
        "ARCHITECTURE.md:1: `a` has no src/c.rs",
        "crates/a/Cargo.toml: the crate does not take",
        "the crate `b` is not among the members",
        "the crate `b` is not in the code map",
    ];
    expect(members::check, &bad, &expected);
}

#[test]
fn a_module_that_nobody_declares_is_found() {
    let good = [
        ("crates/a/src/lib.rs", "//! A.\nmod b;\npub mod c;\n"),
        ("crates/a/src/b.rs", ""),
        ("crates/a/src/c/mod.rs", "//! C.\n#[cfg(test)]\nmod tests;\n"),
        ("crates/a/src/c/tests.rs", ""),
        ("crates/a/tests/it/main.rs", "mod d;\n"),
        ("crates/a/tests/it/d.rs", ""),
        ("crates/a/benches/e.rs", ""),
    ];
    expect(modules::check, &good, &[]);
    let bad = [
        ("crates/a/src/lib.rs", "//! A.\n// mod b;\nmod bc;\n"),
        ("crates/a/src/b.rs", ""),
        ("crates/a/src/bc.rs", ""),
        ("crates/a/tests/d.rs", ""),
        ("crates/a/tests/it/main.rs", "//! Tests.\n"),
        ("crates/a/tests/it/e.rs", ""),
    ];
    let expected = ["src/b.rs: no module", "tests/d.rs: integration tests", "it/e.rs: no module"];
    expect(modules::check, &bad, &expected);
}

#[test]
fn a_word_outside_its_place_is_found() {
    let good = [
        ("crates/parlor-engine/src/sys/epoll.rs", "fn f() { unsafe { g() } }\n"),
        ("crates/parlor-chat/src/lib.rs", "//! No unsafe here.\n#![forbid(unsafe_code)]\n"),
        ("crates/parlor-topics/src/lib.rs", "use rusqlite::Connection;\n"),
    ];
    expect(confined::check, &good, &[]);
    let bad = [
        ("crates/parlor-chat/src/lib.rs", "//! Chat.\n\nuse rusqlite::Row;\n"),
        ("crates/parlor-engine/src/conn.rs", "fn f() {\n    unsafe { g() }\n}\n"),
    ];
    expect(confined::check, &bad, &["lib.rs:3: only the store", "conn.rs:2: `unsafe` stands only"]);
}

#[test]
fn a_name_that_says_nothing_is_found() {
    expect(
        names::check,
        &[("crates/a/src/event/mod.rs", ""), ("crates/a/common.toml.md", "")],
        &["`common` does not say"],
    );
    let bad = [
        ("crates/a/src/event/event.rs", ""),
        ("crates/a/src/helpers/io.rs", ""),
        ("crates/b/assets/util.js", ""),
    ];
    expect(names::check, &bad, &["stutters", "`helpers`", "`util`"]);
}

#[test]
fn a_leftover_is_found() {
    let good = [("crates/a/src/lib.rs", "//! Says \"dbg!\" and todo!().\n// TODO(#12): later\n")];
    expect(words::check, &good, &[]);
    let bad = [
        ("README.md", "see /home/ann/notes and docs/home/x\n"),
        ("crates/a/src/lib.rs", "fn f() { todo!() }\ndbg!(x);\n// FIXME: soon\n// TODO soon\n"),
        ("package-lock.json", "\"resolved\": \"https://registry.npmjs.org/a\"\n"),
    ];
    let expected = ["README.md:1", "lib.rs:3", "lib.rs:4", "lib.rs:1", "lib.rs:2", "package-lock"];
    expect(words::check, &bad, &expected);
}

#[test]
fn a_model_without_its_file_its_row_or_its_chapter_is_found() {
    const ROOT: &str = "crates/parlor-engine/src/model/mod.rs";
    const NAMES: &str = "pub const NAMES: &[&str] = &[\"threads\", \"epoll\"];\n";
    const CHAPTER: &str =
        "# Two\n\n## `threads`: the system calls\n\n## `epoll`: the system calls\n";
    const FILES: [(&str, &str); 4] = [
        (ROOT, NAMES),
        ("crates/parlor-engine/src/model/threads.rs", ""),
        ("crates/parlor-engine/tests/it/matrix.rs", "[\"threads\", \"epoll:2\"]"),
        ("docs/lecture/01-two.md", CHAPTER),
    ];
    let epoll = ("crates/parlor-engine/src/model/epoll.rs", "");
    let good = [FILES[0], FILES[1], FILES[2], FILES[3], epoll];
    expect(models::check, &good, &[]);
    expect(models::check, &FILES, &["`epoll` has no file"]);
    let row = ("crates/parlor-engine/tests/it/a.rs", "threads");
    let untested = [FILES[0], epoll, FILES[1], row, FILES[3]];
    expect(models::check, &untested, &["`threads` has no row", "`epoll` has no row"]);
    let chapter = ("docs/lecture/01-two.md", "\n## `epoll`: the system calls\n");
    let untold = [FILES[0], epoll, FILES[1], FILES[2], chapter];
    expect(models::check, &untold, &["`threads` has no chapter"]);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let good = [
        ("README.md", "[a](docs/a.md#the-end) ![p](docs/p.png) [w](https://example.org)\n"),
        ("docs/a.md", "# A\n## The end!\n[up](../README.md) [here](#a) [folder](../docs/)\n"),
        ("docs/p.png", ""),
    ];
    expect(links::check, &good, &[]);
    let bad = [
        ("README.md", "[a](docs/b.md)\n[b](docs/a.md#nowhere)\n```\n[c](in-code.md)\n```\n"),
        ("docs/a.md", "# A\n"),
    ];
    expect(
        links::check,
        &bad,
        &["README.md:1: the link to `docs/b.md`", "README.md:2: there is no"],
    );
}

#[test]
fn a_vendored_file_that_is_not_the_listed_one_is_found() {
    let entry = |name: &str, text: &str| {
        format!(
            "[[file]]\nname = '{name}'\npackage = 'p'\nversion = '1.0.0'\nlicense = 'MIT'\n\
             source = 'dist/{name}'\nsha256 = '-'\nvendored_sha256 = '{}'\n",
            sha256(text.as_bytes())
        )
    };
    let list =
        "[rewrite]\n".to_owned() + &entry("a.js", "a") + &entry("b.js", "b") + &entry("c.js", "c");
    let files = [
        ("crates/parlor-web/assets/vendor/VENDOR.toml", list.as_str()),
        ("crates/parlor-web/assets/vendor/a.js", "a"),
        ("crates/parlor-web/assets/vendor/b.js", "changed"),
        ("crates/parlor-web/assets/vendor/d.js", "d"),
    ];
    let expected =
        ["b.js: the file is not the one", "c.js: the list has it", "d.js: the file is not in"];
    expect(vendored::check, &files, &expected);
}

#[test]
fn a_dependency_without_use_or_reason_is_found() {
    let good = [
        ("Cargo.toml", "[workspace.dependencies]\na-b = '1'\n"),
        ("docs/decisions/0001-a.md", "`a-b`, because.\n"),
        ("crates/c/Cargo.toml", "[dependencies]\na-b.workspace = true\n"),
        ("crates/c/src/lib.rs", "use a_b::X;\n"),
    ];
    expect(dependencies::check, &good, &[]);
    let bad = [
        ("Cargo.toml", "[workspace.dependencies]\na = '1'\nb = '1'\n"),
        ("docs/decisions/0001-a.md", "`a`, because.\n"),
        ("crates/c/Cargo.toml", "[dependencies]\na.workspace = true\n"),
        ("crates/c/src/lib.rs", "//! Says a.\n"),
    ];
    let expected = ["says why `b`", "no crate takes `b`", "takes `a` and never names it"];
    expect(dependencies::check, &bad, &expected);
    let lock = "[[package]]\n".repeat(300);
    expect(dependencies::check, &[("Cargo.lock", &lock)], &["300 packages are more than"]);
}
