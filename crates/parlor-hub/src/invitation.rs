//! Invitations: links by which an account can be made, bounded in uses and time.

use crate::nick::Nick;

/// What an invitation says to who looks at it; looking does not use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who invites.
    pub by: Nick,
    /// How often it can still be used.
    pub uses_left: u32,
    /// Until when.
    pub expires_at_ms: u64,
}
