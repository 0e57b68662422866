//! The tables of chat.

use parlor_topics::Schema;

/// Returns the tables of chat for [`parlor_topics::Options::schemas`].
pub fn schema() -> Schema {
    Schema { name: "chat", migrations: &[include_str!("schema.sql")] }
}
