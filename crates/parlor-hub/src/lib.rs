//! Accounts, sessions, permissions, presence and invitations.
