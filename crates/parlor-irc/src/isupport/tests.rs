//! The rules of 005.

use super::*;

#[test]
fn every_token_is_one_that_clients_can_read() {
    for network in ["Parlor", "My = \u{e9} Net:work", ""] {
        for line in lines(network, Some("https://chat.example/i.png?a=b=c")) {
            assert!(line.len() <= limits::ISUPPORT_TOKENS);
            let bytes: usize = line.iter().map(|token| token.len() + 1).sum();
            assert!(bytes < 400, "the line would be cut");
            for token in line {
                assert!(token.bytes().all(|b| b.is_ascii_graphic()), "{token}");
                assert!(token.matches('=').count() <= 1, "{token}");
                assert!(!token.starts_with(':') && !token.ends_with('='), "{token}");
            }
        }
    }
}
