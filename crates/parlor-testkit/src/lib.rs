//! Simulated peers, real programs and ledgers for tests.
