//! Tables: the store's own, and the numbered migrations of the apps.

/// The tables of one app, as numbered migrations that only go forward.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The app's name; its tables begin with it.
    pub name: &'static str,
    /// Statements, one migration each; the first one creates the tables.
    pub migrations: &'static [&'static str],
}
