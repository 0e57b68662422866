//! The hub's tables.

use parlor_topics::Schema;

/// Returns the tables of the hub for [`parlor_topics::Options::schemas`].
pub fn schema() -> Schema {
    let migrations = &[
        include_str!("schema.sql"),
        include_str!("migrations/2-order.sql"),
        include_str!("migrations/3-credentials.sql"),
        include_str!("migrations/4-looks.sql"),
        include_str!("migrations/5-profile.sql"),
        include_str!("migrations/6-invited-to.sql"),
        include_str!("migrations/7-app-proofs.sql"),
        include_str!("migrations/8-more-profile.sql"),
        include_str!("migrations/9-residents.sql"),
        include_str!("migrations/10-editions.sql"),
    ];
    Schema { name: "hub", migrations }
}
