//! WebSocket (RFC 6455), server side: handshake, wire format, and the async face over a
//! connection. No extensions: compression would cost each connection far more memory than its
//! messages save.

mod handshake;
mod message;
mod connection;

pub use connection::{WebSocket, WsError};
pub use handshake::{Upgrade, accept, accept_key, agreed};
pub use message::{Closing, Decoder, Frame, Message, MessageLimits, Violation};

#[cfg(test)]
mod tests;
