//! What the page's files may and may not do.

use super::{read_file, resolve, same_tag, static_imports};

#[test]
fn imports_are_found_whatever_their_form() {
    let source = r#"
        import { h } from "./vendor/preact.js";
        import './side-effect.js';
        export * from "../shared.js";
        import{a}from"./minified.js";
        const lazy = import("./lazy.js"); // from the network
        const text = "./not-an-import.js";
    "#;
    let found: Vec<&str> = static_imports(source).collect();
    assert_eq!(found, ["./vendor/preact.js", "./side-effect.js", "../shared.js", "./minified.js"]);
}

#[test]
fn specifiers_resolve_against_the_importing_file() {
    assert_eq!(resolve("app.js", "./ui/shell.js").as_deref(), Some("ui/shell.js"));
    assert_eq!(resolve("ui/shell.js", "../vendor/x.js").as_deref(), Some("vendor/x.js"));
    assert_eq!(resolve("app.js", "../outside.js"), None);
}

#[test]
fn a_directory_gives_nothing_from_outside_itself() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("assets");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(outer.path().join("secret"), "secret").unwrap();
    std::fs::write(inner.join("app.js"), "code").unwrap();
    std::os::unix::fs::symlink(outer.path().join("secret"), inner.join("link")).unwrap();
    assert_eq!(read_file(&inner, "app.js").as_deref(), Some(&b"code"[..]));
    for path in ["../secret", "/etc/passwd", "link", "a/../../secret", "", "."] {
        assert_eq!(read_file(&inner, path), None, "{path:?}");
    }
}

#[test]
fn tags_compare_weakly() {
    assert!(same_tag("W/\"ab\"", "\"ab\""));
    assert!(!same_tag("\"abc\"", "\"ab\""));
}
