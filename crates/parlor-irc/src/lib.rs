//! Chat for IRC clients.
