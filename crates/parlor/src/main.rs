//! One self-hosted server for chat, folders, news and games.

fn main() {}
