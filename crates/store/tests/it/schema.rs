//! The schema: the same on both databases, applied once, never by chance another.
