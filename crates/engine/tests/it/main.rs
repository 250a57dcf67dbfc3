//! The engine's borders that need no server: what leaves it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod egress;
