//! The page's own files: cached for ever, compressed once, or fresh from a directory.

use std::io::Read as _;

use flate2::read::GzDecoder;
use parlor_hub::Registration;
use parlor_web::WebOptions;

use crate::house::House;

/// The path under which the page's files are.
fn base(page: &str) -> String {
    let link = page.split("href=\"").find(|rest| rest.contains("/app.css\"")).unwrap();
    link.split("/app.css\"").next().unwrap().to_owned()
}

#[test]
fn files_are_cached_for_ever_under_a_path_of_their_own() {
    let (house, mut ann) = House::lived_in();
    let page = ann.get("/");
    let base = base(page.text());
    let mut browser = house.browser();
    for (file, kind) in [
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let answer = browser.get(&format!("{base}/{file}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{file}");
        let cache = answer.header("cache-control").unwrap();
        assert_eq!(cache, "public, max-age=31536000, immutable");
    }
    let modules: Vec<&str> = page.text().split("rel=\"modulepreload\" href=\"").skip(1).collect();
    for module in modules {
        let path = module.split('"').next().unwrap();
        assert_eq!(browser.get(path).status, 200, "{path}");
    }
    assert_eq!(browser.get("/_/0000000000000000/app.js").status, 404);
    assert_eq!(browser.get(&format!("{base}/../../Cargo.toml")).status, 404);
    assert_eq!(browser.get(&format!("{base}/missing.js")).status, 404);
    assert_eq!(browser.get("/favicon.ico").header("location"), Some(&*format!("{base}/icon.svg")));
}

#[test]
fn compressed_and_known_files_are_not_sent_twice() {
    let (house, mut ann) = House::lived_in();
    let path = format!("{}/app.css", base(ann.get("/").text()));
    let mut browser = house.browser();
    let plain = browser.get(&path);
    assert_eq!(plain.header("content-encoding"), None);
    let packed = browser.send("GET", &path, &[("Accept-Encoding", "br, gzip")], "");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    let refused = browser.send("GET", &path, &[("Accept-Encoding", "gzip;q=0")], "");
    assert_eq!(refused.header("content-encoding"), None);

    let tag = plain.header("etag").unwrap();
    let again = browser.send("GET", &path, &[("If-None-Match", tag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn a_directory_is_served_fresh() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("app.js"), "import './one.js';").unwrap();
    std::fs::write(dir.path().join("one.js"), "1").unwrap();
    let assets_dir = Some(dir.path().to_owned());
    let house =
        House::with(WebOptions { assets_dir, ..WebOptions::default() }, Registration::Invite);
    let mut ann = house.set_up("ann");
    let page = ann.get("/");
    assert!(
        page.text().contains("rel=\"modulepreload\" href=\"/_/dev/one.js\""),
        "{}",
        page.text()
    );
    for content in ["1", "2"] {
        std::fs::write(dir.path().join("one.js"), content).unwrap();
        let answer = ann.get("/_/dev/one.js");
        assert_eq!((answer.text(), answer.header("cache-control")), (content, Some("no-cache")));
    }
    assert_eq!(ann.get("/_/dev/..%2f..%2fetc%2fpasswd").status, 404);
}

/// What a browser fetches before it shows the first messages, compressed: the page, its styles and
/// icon, and every module on the way to the first picture.
const FIRST_LOAD_BYTES_MAX: usize = 90 * 1024;

#[test]
fn the_first_load_is_small() {
    let (_house, mut ann) = House::lived_in();
    let page = ann.get("/");
    let attributes = page.text().split(['"']);
    let files: Vec<&str> = attributes.filter(|text| text.starts_with("/_/")).collect();
    let script = files.iter().any(|file| file.ends_with("/app.js"));
    assert!(script && files.len() > 10, "the files of the page: {files:?}");
    let mut total = ann.send("GET", "/", &[("Accept-Encoding", "gzip")], "").body.len();
    for file in files.iter().filter(|file| file.contains('.')) {
        let packed = ann.send("GET", file, &[("Accept-Encoding", "gzip")], "");
        assert_eq!(packed.status, 200, "{file}");
        total += packed.body.len();
    }
    println!("the first load has {total} bytes in {} files", files.len());
    assert!(total <= FIRST_LOAD_BYTES_MAX, "the first load has {total} bytes");
}
