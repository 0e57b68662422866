//! The hub's tables.

use parlor_topics::Schema;

/// Returns the tables of the hub for [`parlor_topics::Options::schemas`].
pub fn schema() -> Schema {
    Schema { name: "hub", migrations: &[include_str!("schema.sql")] }
}
