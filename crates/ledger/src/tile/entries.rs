//! Entry bundles: the leaves under a tile of level 0, each after its length (C2SP tlog-tiles).

/// The most bytes of one entry: its length is written in 16 bits.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Why bytes are not the entries that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// An entry does not fit in 16 bits of length.
    #[error("an entry of {0} bytes is too long for a bundle")]
    TooLong(usize),
    /// The bytes end within an entry, or before the last.
    #[error("the bundle ends within entry {0}")]
    End(usize),
    /// There are bytes after the last entry.
    #[error("the bundle has {0} bytes after its last entry")]
    Trailing(usize),
}

/// Appends an entry to a bundle: its length in two bytes, the higher first, and its bytes.
pub fn write_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntriesError> {
    let length = u16::try_from(entry.len()).map_err(|_| EntriesError::TooLong(entry.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Reads a bundle of exactly `count` entries.
pub fn read_entries(bundle: &[u8], count: usize) -> Result<Vec<&[u8]>, EntriesError> {
    // An entry has two bytes at least, so no count makes this large.
    let mut entries = Vec::with_capacity(count.min(bundle.len() / 2));
    let mut rest = bundle;
    for place in 0..count {
        let (length, after) = rest.split_first_chunk().ok_or(EntriesError::End(place))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(EntriesError::End(place))?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(EntriesError::Trailing(rest.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bundle_has_exactly_its_entries() {
        let mut bundle = Vec::new();
        write_entry(&mut bundle, b"ab").unwrap();
        write_entry(&mut bundle, b"").unwrap();
        assert_eq!(bundle, [0, 2, b'a', b'b', 0, 0]);
        assert_eq!(read_entries(&bundle, 2), Ok(vec![&b"ab"[..], b""]));
        assert_eq!(read_entries(&bundle, 1), Err(EntriesError::Trailing(2)));
        assert_eq!(read_entries(&bundle, 3), Err(EntriesError::End(2)));
        assert_eq!(read_entries(&bundle[..3], 1), Err(EntriesError::End(0)));
        assert_eq!(read_entries(&bundle, usize::MAX), Err(EntriesError::End(2)));
        assert_eq!(write_entry(&mut bundle, &vec![0; MAX_ENTRY + 1]), Err(EntriesError::TooLong(MAX_ENTRY + 1)));
        assert_eq!(bundle.len(), 6);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20)) {
            let mut bundle = Vec::new();
            for entry in &entries {
                write_entry(&mut bundle, entry).unwrap();
            }
            prop_assert_eq!(read_entries(&bundle, entries.len()).unwrap(), entries);
        }

        #[test]
        fn any_bytes_are_read_in_one_way_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40), count in 0..9_usize) {
            if let Ok(entries) = read_entries(&bytes, count) {
                let mut again = Vec::new();
                for entry in entries {
                    write_entry(&mut again, entry).unwrap();
                }
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
