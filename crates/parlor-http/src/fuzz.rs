//! Entry points for fuzzers: what reads bytes from strangers must survive any. The property tests
//! run them too.

use crate::ws::{Decoder, MessageLimits};

/// Reads `data` as the frames of a WebSocket client.
pub fn websocket(data: &[u8]) {
    let mut decoder = Decoder::new(MessageLimits::default());
    let mut input = data;
    while let Ok(Some(_)) = decoder.decode(&mut input) {}
}

/// Reads `data` as a cookie line, a form, a host and an origin.
pub fn text(data: &str) {
    let head = http::Request::get("/")
        .header(http::header::COOKIE, data)
        .header(http::header::HOST, data)
        .header(http::header::ORIGIN, data)
        .body(());
    if let Ok(request) = head {
        let (head, ()) = request.into_parts();
        let guard = crate::Guard::default();
        let _host = guard.check(&head);
        let _origin = guard.check_websocket(&head);
        let _cookie = crate::cookie::find(&head.headers, "parlor");
    }
    let _field = crate::urlencoded::find(data, "name");
    let _path = crate::percent_decode(data);
    let _local = crate::is_local_path(data);
}
