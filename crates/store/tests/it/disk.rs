//! A disk that is full or takes no more writes.
