//! The page's files: embedded in the program, or served from a directory while they are edited.
//!
//! All embedded files live under one path that contains a hash of all of them, so relative imports
//! carry it on and every file may be cached for ever. From a directory nothing is cached.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, VARY};
use parlor_http::{Answer, Problem, Request, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::site::App;

/// Modules named in one page's preload list, at most; the rest are found by importing.
const PRELOADS_MAX: usize = 64;
/// The largest file served from a directory.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Embedded;

/// Where the page's files come from.
pub(crate) enum Assets {
    /// From the program.
    Embedded(EmbeddedAssets),
    /// From a directory, read anew for each request.
    Directory(PathBuf),
}

/// The embedded files, each compressed once when first asked for.
pub(crate) struct EmbeddedAssets {
    base: String,
    files: BTreeMap<String, EmbeddedAsset>,
    preloads: Vec<String>,
}

struct EmbeddedAsset {
    bytes: Bytes,
    etag: String,
    gzip: OnceLock<Option<Bytes>>,
}

impl Assets {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        match directory {
            Some(directory) => Self::Directory(directory),
            None => Self::Embedded(EmbeddedAssets::load()),
        }
    }

    /// The path under which all files are, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Embedded(embedded) => &embedded.base,
            Self::Directory(_) => "/_/dev",
        }
    }

    /// The addresses of every module that `app.js` imports, however deep.
    pub(crate) fn preloads(&self) -> Cow<'_, [String]> {
        match self {
            Self::Embedded(embedded) => Cow::Borrowed(&embedded.preloads),
            Self::Directory(directory) => {
                Cow::Owned(preloads(self.base(), |path| read_file(directory, path)))
            }
        }
    }

    fn respond(&self, path: &str, request: &Request) -> Answer {
        let missing = || Problem::not_found("There is no such file.");
        match self {
            Self::Embedded(embedded) => {
                let asset = embedded.files.get(path).ok_or_else(missing)?;
                Ok(asset.respond(path, request))
            }
            Self::Directory(directory) => {
                let bytes = read_file(directory, path).ok_or_else(missing)?;
                Ok(Response::with_body(StatusCode::OK, media_type(path), bytes)
                    .header(CACHE_CONTROL, "no-cache"))
            }
        }
    }
}

impl EmbeddedAssets {
    fn load() -> Self {
        let mut files = BTreeMap::new();
        let mut all = Sha256::new();
        for path in Embedded::iter() {
            let Some(file) = Embedded::get(&path) else { continue };
            let hash = file.metadata.sha256_hash();
            all.update(path.as_bytes());
            all.update(hash);
            let bytes = match file.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            let etag = format!("\"{}\"", hex(&hash[..8]));
            files.insert(path.into_owned(), EmbeddedAsset { bytes, etag, gzip: OnceLock::new() });
        }
        let base = format!("/_/{}", hex(&all.finalize()[..8]));
        let preloads = preloads(&base, |path| files.get(path).map(|file| file.bytes.to_vec()));
        Self { base, files, preloads }
    }
}

impl EmbeddedAsset {
    fn respond(&self, path: &str, request: &Request) -> Response {
        let known = request.header(&IF_NONE_MATCH).unwrap_or_default();
        let response = if known.split(',').any(|tag| same_tag(tag.trim(), &self.etag)) {
            Response::empty(StatusCode::NOT_MODIFIED)
        } else {
            match self.gzip.get_or_init(|| gzip(path, &self.bytes)) {
                Some(gzip) if takes_gzip(request) => {
                    Response::with_body(StatusCode::OK, media_type(path), gzip.clone())
                        .header(CONTENT_ENCODING, "gzip")
                }
                _ => Response::with_body(StatusCode::OK, media_type(path), self.bytes.clone()),
            }
        };
        response
            .header(ETAG, &self.etag)
            .header(VARY, "Accept-Encoding")
            .header(CACHE_CONTROL, "public, max-age=31536000, immutable")
    }
}

/// Answers `/_/{version}/{*path}`.
pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let version = request.param("version");
    if app.assets.base().strip_prefix("/_/") != Some(version) {
        // A page of an older version asks for a file that may have changed: it must not mix both.
        return Err(Problem::not_found("This file belongs to another version; reload the page."));
    }
    app.assets.respond(request.param("path"), &request)
}

/// Browsers ask for this address by themselves.
pub(crate) async fn favicon(app: Arc<App>, _: Request) -> Answer {
    Ok(Response::see_other(&format!("{}/icon.svg", app.assets.base())))
}

/// Whether whoever asks can unpack gzip.
pub(crate) fn takes_gzip(request: &Request) -> bool {
    request.header(&ACCEPT_ENCODING).unwrap_or_default().split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        matches!(parts.next(), Some("gzip" | "*")) && parts.all(|part| part != "q=0")
    })
}

/// Weak comparison (RFC 9110, 8.8.3.2): a proxy that compresses may have marked the tag weak.
fn same_tag(given: &str, ours: &str) -> bool {
    given == "*" || given.strip_prefix("W/").unwrap_or(given) == ours
}

/// The file compressed, unless it is of a kind that is already, or does not become smaller.
fn gzip(path: &str, bytes: &Bytes) -> Option<Bytes> {
    if matches!(extension(path), "png" | "webp" | "woff2" | "ico") {
        return None;
    }
    packed(bytes, Compression::best())
}

/// A page compressed while somebody waits for it; nothing if it does not become smaller.
pub(crate) fn gzip_page(bytes: &Bytes) -> Option<Bytes> {
    packed(bytes, Compression::fast())
}

fn packed(bytes: &Bytes, level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < bytes.len()).then(|| Bytes::from(compressed))
}

fn media_type(path: &str) -> &'static str {
    match extension(path) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "html" => "text/html; charset=utf-8",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        _ => "text/plain; charset=utf-8",
    }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Reads a file beneath `directory`; only while assets are edited, so a blocked thread is no harm.
fn read_file(directory: &Path, path: &str) -> Option<Vec<u8>> {
    let relative = Path::new(path);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    // Links may point anywhere; what they point to has to be beneath the directory too.
    let directory = directory.canonicalize().ok()?;
    let file = directory.join(relative).canonicalize().ok()?;
    if !file.starts_with(&directory) || file.metadata().ok()?.len() > FILE_BYTES_MAX {
        return None;
    }
    std::fs::read(file).ok()
}

/// Follows the static imports of `app.js`.
fn preloads(base: &str, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let mut found = vec!["app.js".to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        let Some(source) = read(&path).and_then(|bytes| String::from_utf8(bytes).ok()) else {
            continue;
        };
        for specifier in static_imports(&source) {
            let Some(target) = resolve(&path, specifier) else { continue };
            if !found.contains(&target) && found.len() <= PRELOADS_MAX {
                found.push(target);
            }
        }
    }
    found.iter().skip(1).map(|path| format!("{base}/{path}")).collect()
}

/// The relative specifiers of `import … from "…"`, `import "…"` and `export … from "…"`.
///
/// Looks for the words, not the grammar: a wrong guess costs one unneeded preload.
fn static_imports(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices(['"', '\'']).filter_map(|(start, quote)| {
        let before = source[..start].trim_end();
        if !(before.ends_with("from") || before.ends_with("import")) {
            return None;
        }
        let rest = &source[start + 1..];
        let specifier = &rest[..rest.find(quote)?];
        specifier.starts_with('.').then_some(specifier)
    })
}

/// The path `specifier` means when `from` imports it.
fn resolve(from: &str, specifier: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
