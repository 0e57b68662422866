//! The store: transactions that append events and update tables, and subscriptions.
