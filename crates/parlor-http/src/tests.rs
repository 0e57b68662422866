//! The parts around hyper: hosts and origins, routes, cookies, forms, redirects.

use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use proptest::prelude::*;

use crate::guard::{Guard, Origin};
use crate::router::Router;
use crate::{Problem, Response, SetCookie, cookie, fuzz, is_local_path, percent_decode};
use crate::{percent_encode, urlencoded};

fn head(method: &Method, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn guard() -> Guard {
    Guard::new(&["Parlor.lan".to_owned()], Some("https://chat.example/"))
}

/// What the guard says to a request with these headers: 200 stands for yes.
fn check(method: &Method, headers: &[(&str, &str)], wanted: u16) {
    let said = guard().check(&head(method, headers)).map_err(|problem| problem.status);
    let said = said.err().unwrap_or(StatusCode::OK);
    assert_eq!(said.as_u16(), wanted, "{method} {headers:?}");
}

#[test]
fn only_our_own_names_are_answered() {
    let ours = [
        "127.0.0.1:8080",
        "192.168.1.7",
        "[::1]:8080",
        "[fe80::1]",
        "localhost:80",
        "LOCALHOST",
        "a.localhost",
        "parlor.lan:9000",
        "parlor.lan.",
        "chat.example",
    ];
    for host in ours {
        check(&Method::GET, &[("host", host)], 200);
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"] {
        check(&Method::GET, &[("host", host)], 421);
    }
    for host in ["", "a b", "[::1", "x:y", "a/b", "127.0.0.1:999999", "user@localhost"] {
        check(&Method::GET, &[("host", host)], 400);
    }
    check(&Method::GET, &[], 400);
    check(&Method::GET, &[("host", "localhost"), ("host", "localhost")], 400);
}

#[test]
fn what_changes_something_comes_from_our_own_pages() {
    let host = ("host", "127.0.0.1:8080");
    let post = &Method::POST;
    check(post, &[host, ("sec-fetch-site", "same-origin")], 200);
    check(post, &[host, ("sec-fetch-site", "none")], 200);
    check(post, &[host, ("sec-fetch-site", "same-site")], 403);
    check(post, &[host, ("sec-fetch-site", "cross-site")], 403);
    check(post, &[host, ("origin", "http://127.0.0.1:8080")], 200);
    check(post, &[host, ("origin", "https://127.0.0.1:8080")], 403);
    check(post, &[host, ("origin", "http://127.0.0.1:9999")], 403);
    check(post, &[host, ("origin", "http://evil.example")], 403);
    check(post, &[host, ("origin", "null")], 403);
    // The origin a proxy's users see, whatever host the proxy passes on.
    check(post, &[host, ("origin", "https://chat.example")], 200);
    check(post, &[host, ("origin", "http://chat.example")], 403);
    // No browser leaves out both.
    check(post, &[host], 200);
    check(&Method::DELETE, &[host, ("sec-fetch-site", "cross-site")], 403);
    check(&Method::GET, &[host, ("sec-fetch-site", "cross-site")], 200);
}

#[test]
fn a_websocket_needs_our_own_origin() {
    let check = |headers: &[(&str, &str)], wanted: bool| {
        let said = guard().check_websocket(&head(&Method::GET, headers));
        assert_eq!(said.is_ok(), wanted, "{headers:?}");
    };
    let host = ("host", "localhost:8080");
    check(&[host, ("origin", "http://localhost:8080")], true);
    check(&[host, ("origin", "https://chat.example")], true);
    check(&[host], false);
    check(&[host, ("origin", "http://localhost")], false);
    check(&[host, ("origin", "http://evil.example:8080")], false);
    check(&[("host", "evil.example"), ("origin", "http://evil.example")], false);
}

#[test]
fn origins_know_the_implied_port() {
    let origin = Origin::parse("HTTPS://Chat.Example/path").unwrap();
    assert_eq!(origin, Origin { secure: true, host: "chat.example".to_owned(), port: 443 });
    assert_eq!(Origin::parse("http://[::1]:80").unwrap().host, "::1");
    for wrong in ["", "chat.example", "ftp://x", "http://", "null", "http://a b"] {
        assert_eq!(Origin::parse(wrong), None, "{wrong:?}");
    }
}

fn router() -> Router<()> {
    let answer = |(), request: crate::Request| async move {
        let (a, b) = (request.param("a").to_owned(), request.param("b").to_owned());
        Ok(Response::text(StatusCode::OK, format!("{a}|{b}")))
    };
    Router::new()
        .get("/", answer)
        .get("/x/{a}", answer)
        .post("/x/{a}", answer)
        .get("/x/{a}/y/{b}", answer)
        .get("/files/{a}/{*b}", answer)
}

#[test]
fn paths_find_their_route_or_say_why_not() {
    let router = router();
    let find = |method: &Method, path: &str| match router.find(method, path) {
        Ok(found) => Ok(found.params().to_vec()),
        Err(Problem { status, allow, .. }) => Err((status.as_u16(), allow)),
    };
    let params = |pairs: &[(&'static str, &str)]| {
        Ok(pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect::<Vec<_>>())
    };
    assert_eq!(find(&Method::GET, "/"), params(&[]));
    assert_eq!(find(&Method::HEAD, "/x/1"), params(&[("a", "1")]));
    assert_eq!(find(&Method::GET, "/x/%C3%A9%2F"), params(&[("a", "é/")]));
    assert_eq!(find(&Method::GET, "/x/1/y/2"), params(&[("a", "1"), ("b", "2")]));
    assert_eq!(find(&Method::GET, "/files/v/a/b.js"), params(&[("a", "v"), ("b", "a/b.js")]));
    for path in ["/x", "/x/", "/x/1/", "/x//", "/y", "//", "/x/%ff", "/x/%zz", "x"] {
        assert_eq!(find(&Method::GET, path), Err((404, None)), "{path}");
    }
    let allow = Err((405, Some("GET, POST, HEAD".to_owned())));
    assert_eq!(find(&Method::DELETE, "/x/1"), allow);
}

#[test]
fn cookies_are_found_among_others() {
    let mut headers = HeaderMap::new();
    headers.append("cookie", "a=1; parlor=token; b=2".parse().unwrap());
    headers.append("cookie", "parlor=second; quoted=\"q\"".parse().unwrap());
    assert_eq!(cookie::find(&headers, "parlor"), Some("token"));
    assert_eq!(cookie::find(&headers, "quoted"), Some("q"));
    assert_eq!(cookie::find(&headers, "parl"), None);
}

#[test]
fn cookies_cannot_be_read_by_scripts() {
    let cookie = SetCookie { name: "parlor", value: "t".to_owned(), max_age_s: 60, secure: true };
    let line = cookie.to_header();
    assert_eq!(line, "parlor=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    let removal = SetCookie::removal("parlor", false).to_header();
    assert_eq!(removal, "parlor=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

#[test]
fn forms_are_decoded() {
    let form = "name=Ann+Lee&text=%C3%A9%26%3D&empty=&flag&bad=%zz";
    let find = |name| urlencoded::find(form, name);
    assert_eq!(find("name").as_deref(), Some("Ann Lee"));
    assert_eq!(find("text").as_deref(), Some("é&="));
    assert_eq!(find("empty").as_deref(), Some(""));
    assert_eq!(find("flag").as_deref(), Some(""));
    assert_eq!(find("bad").as_deref(), Some("%zz"));
    assert_eq!(find("missing"), None);
}

#[test]
fn no_redirect_leads_elsewhere() {
    for path in ["/", "/invite/abc?x=1#y", "/a//b"] {
        assert!(is_local_path(path), "{path:?}");
    }
    let elsewhere = [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\\b",
        "/é",
        " /",
    ];
    for path in elsewhere {
        assert!(!is_local_path(path), "{path:?}");
        assert_eq!(Response::see_other(path).headers()["location"], "/", "{path:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn text_from_strangers_never_panics(data in "\\PC{0,80}", ascii in "[ -~]{0,80}") {
        fuzz::text(&data);
        fuzz::text(&ascii);
    }

    #[test]
    fn percent_encoding_round_trips(text in "\\PC{0,40}") {
        let encoded = percent_encode(&text);
        let decoded = percent_decode(&encoded);
        prop_assert_eq!(decoded.as_deref(), Some(&text[..]));
        let found = urlencoded::find(&format!("x=1&y={encoded}"), "y");
        prop_assert_eq!(found.as_deref(), Some(&text[..]));
    }
}
