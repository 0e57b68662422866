//! `POST /api/v1/upload`: how IRC clients send images, by the token FILEHOST of 005.
//!
//! A client signs in here as it does on IRC: with the account's password or an app password. A
//! cookie does not count, so no page of another site can send anything in somebody's name. What is
//! sent is kept as by `POST /api/v1/files`; its address in a message hangs it there.

use std::sync::Arc;

use http::StatusCode;
use http::header::{ALLOW, CONTENT_DISPOSITION, HeaderName, LOCATION};
use parlor_http::{Answer, Request, Response, percent_decode};

use super::files;
use crate::site::App;
use crate::visitor;

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Takes an image in and says where it is.
pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    let account = visitor::need_password(&app, &request).await?;
    let name = request.header(&CONTENT_DISPOSITION).map(file_name).unwrap_or_default();
    let base = app.base_url(&request);
    let file = files::take(&app, &account, &name, request).await?;
    let location = format!("{base}{}", file.path());
    Ok(Response::json(StatusCode::CREATED, &file).header(LOCATION, &location))
}

/// Says what may be sent.
pub(crate) async fn describe(_: Arc<App>, _: Request) -> Answer {
    Ok(Response::empty(StatusCode::NO_CONTENT)
        .header(ALLOW, "OPTIONS, POST")
        .header(ACCEPT_POST, "image/png, image/jpeg, image/gif, image/webp"))
}

/// The name of a file in `Content-Disposition`, the form for every script before the plain one.
/// Chat makes of it what a name may be.
fn file_name(header: &str) -> String {
    let mut plain = String::new();
    let mut rest = header;
    while let Some((_, tail)) = rest.split_once(';') {
        rest = tail;
        let Some((key, value)) = tail.split_once('=') else { continue };
        if key.contains(';') {
            continue;
        }
        let key = key.trim();
        let (value, end) = value_of(value);
        rest = &tail[tail.len() - end.len()..];
        if key.eq_ignore_ascii_case("filename*") {
            let encoded = value.rsplit('\'').next().unwrap_or_default();
            if let Some(name) = percent_decode(encoded) {
                return name.into_owned();
            }
        } else if key.eq_ignore_ascii_case("filename") {
            plain = value;
        }
    }
    plain
}

/// A value, with or without quotes, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    (value, letters.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_in_every_form() {
        for (header, name) in [
            ("attachment; filename=cat.png", "cat.png"),
            ("attachment; filename=\"my cat.png\"; size=3", "my cat.png"),
            (r#"inline;FILENAME="a;b \"c\".png""#, "a;b \"c\".png"),
            ("attachment; filename=\"x.png\"; filename*=UTF-8''k%C3%A4tzchen.png", "kätzchen.png"),
            ("attachment; filename*=UTF-8''%FF; filename=\"x.png\"", "x.png"),
            ("attachment; filename=\"open", "open"),
            ("attachment; x; filename=y", "y"),
            ("attachment", ""),
            ("", ""),
        ] {
            assert_eq!(file_name(header), name, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(header in "(;|=|\"|\\\\|'|%|filename|[a-zé ]){0,40}") {
            let _name = file_name(&header);
        }
    }
}
