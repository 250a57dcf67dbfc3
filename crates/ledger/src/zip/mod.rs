//! The little of ZIP that a bundle is: members one after the other, stored or deflated, and the directory at the end.
//!
//! What a bundle may look like is fixed to the byte but for the data of its members, so the reader writes every header
//! again and compares. What it does not expect is no special case but a fault: other names, twice the same one, extra
//! fields, comments, other disks, 64-bit sizes, gaps, bytes after the end.
//!
//! PKWARE's APPNOTE 6.3.10: 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central header), 4.3.16 (end).

mod read;
mod write;

pub(crate) use read::{Archive, ZipError};
pub(crate) use write::{ZipWriteError, ZipWriter};

use crate::tree::Hash;

/// How a member's data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// As it is; its size is known before it is written.
    Stored,
    /// As a DEFLATE stream; its sizes stand behind it.
    Deflated,
}

/// What the directory says of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    crc: u32,
    packed: u32,
    pub(crate) unpacked: u32,
    /// Where its local header begins.
    offset: u32,
}

/// What went through a member: the SHA-256 of its content, and of the bytes that stand in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) content: Hash,
    pub(crate) packed: Hash,
}

/// The 22 bytes at the end.
const END: usize = 22;
const CENTRAL: usize = 46;
const LOCAL: usize = 30;
/// The first day that the format knows: a bundle has no time of its own.
const DATE: u16 = 0x21;
/// Sizes and checksum stand behind the data (bit 3).
const DESCRIBED: u16 = 1 << 3;
/// DEFLATE is known since this version of the format, 2.0.
const VERSION: u16 = 20;

impl Member {
    fn local_header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(LOCAL + self.name.len());
        header.extend(b"PK\x03\x04");
        header.extend(VERSION.to_le_bytes());
        self.common(&mut header, self.method == Method::Stored);
        header.extend(self.name.as_bytes());
        header
    }

    fn central_header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(CENTRAL + self.name.len());
        header.extend(b"PK\x01\x02");
        header.extend(VERSION.to_le_bytes());
        header.extend(VERSION.to_le_bytes());
        self.common(&mut header, true);
        // No comment, the first disk, no attributes.
        header.extend([0; 10]);
        header.extend(self.offset.to_le_bytes());
        header.extend(self.name.as_bytes());
        header
    }

    /// From the flags to the length of the extra field, which there never is.
    fn common(&self, header: &mut Vec<u8>, sizes_known: bool) {
        let (flags, method) = match self.method {
            Method::Stored => (0, 0_u16),
            Method::Deflated => (DESCRIBED, 8),
        };
        header.extend(flags.to_le_bytes());
        header.extend(method.to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        header.extend(DATE.to_le_bytes());
        for number in [self.crc, self.packed, self.unpacked] {
            header.extend(if sizes_known { number } else { 0 }.to_le_bytes());
        }
        header.extend(u16::try_from(self.name.len()).expect("names are short").to_le_bytes());
        header.extend(0_u16.to_le_bytes());
    }

    /// What stands behind the data of a member whose size was not known before it.
    fn descriptor(&self) -> Vec<u8> {
        let mut descriptor = Vec::new();
        if self.method == Method::Deflated {
            descriptor.extend(b"PK\x07\x08");
            for number in [self.crc, self.packed, self.unpacked] {
                descriptor.extend(number.to_le_bytes());
            }
        }
        descriptor
    }
}

fn end_record(members: usize, size: u32, offset: u32) -> [u8; END] {
    let count = u16::try_from(members).expect("an archive has few members").to_le_bytes();
    let mut end = [0; END];
    end[..4].copy_from_slice(b"PK\x05\x06");
    end[8..10].copy_from_slice(&count);
    end[10..12].copy_from_slice(&count);
    end[12..16].copy_from_slice(&size.to_le_bytes());
    end[16..20].copy_from_slice(&offset.to_le_bytes());
    end
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    const NAMES: [&str; 3] = ["a", "b/c", "d"];

    fn archive() -> Vec<u8> {
        let mut zip = ZipWriter::new(Vec::new());
        zip.begin("a").expect("a vector takes everything");
        for line in 0..5000 {
            zip.write(format!("line {line} of many\n").as_bytes()).expect("a vector takes everything");
        }
        let digests = zip.end().expect("a vector takes everything");
        assert_ne!(digests.content, digests.packed);
        zip.store("b/c", b"stored").expect("a vector takes everything");
        zip.begin("d").expect("a vector takes everything");
        zip.end().expect("a vector takes everything");
        zip.finish().expect("a vector takes everything")
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ZipError> {
        let mut archive = Archive::open(Cursor::new(bytes), &NAMES)?;
        let mut contents = Vec::new();
        for place in 0..archive.members().len() {
            let mut content = Vec::new();
            let mut reading = archive.read(place)?;
            reading.read_to_end(&mut content).map_err(ZipError::from)?;
            reading.finish()?;
            contents.push(content);
        }
        Ok(contents)
    }

    #[test]
    fn what_was_written_reads_back() {
        let contents = read(&archive()).expect("an archive");
        let lines: Vec<_> = (0..5000).map(|line| format!("line {line} of many\n")).collect();
        assert_eq!(contents[0], lines.concat().as_bytes());
        assert_eq!((contents[1].as_slice(), contents[2].as_slice()), (&b"stored"[..], &b""[..]));
    }

    #[test]
    fn no_bit_outside_of_packed_data_can_change() {
        let bytes = archive();
        let opened = Archive::open(Cursor::new(&bytes), &NAMES).expect("an archive");
        // DEFLATE can say the same in two ways: a bundle's manifest has the digest of what is packed.
        let deflated = opened.members().iter().filter(|member| member.method == Method::Deflated);
        let packed: Vec<_> = deflated.map(Member::data).collect();
        for at in (0..bytes.len()).filter(|at| !packed.iter().any(|data| data.contains(&(*at as u64)))) {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_err(), "bit {bit} of byte {at}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
            assert!(read(&bytes[cut + 1..]).is_err(), "without the first {cut} bytes and one");
        }
        assert!(read(&[&bytes[..], b"\0"].concat()).is_err());
        assert!(read(&[b"\0", &bytes[..]].concat()).is_err());
    }

    #[test]
    fn other_names_orders_and_repetitions_are_refused() {
        for names in [&["a"][..], &["b/c", "a"], &["a", "a"], &["../a"], &["/a"], &["b/c", "b/c", "d"]] {
            let mut zip = ZipWriter::new(Vec::new());
            for name in names {
                zip.store(name, b"x").expect("a vector takes everything");
            }
            let bytes = zip.finish().expect("a vector takes everything");
            let known = names.iter().all(|name| NAMES.contains(name)) && names.is_sorted_by(|a, b| a < b);
            assert_eq!(read(&bytes).is_ok(), known, "{names:?}");
        }
    }

    #[test]
    fn data_that_grows_beyond_what_is_said_is_not_unpacked() {
        let mut zip = ZipWriter::new(Vec::new());
        zip.begin("a").expect("a vector takes everything");
        for _ in 0..64 {
            zip.write(&[0; 1 << 14]).expect("a vector takes everything");
        }
        zip.end().expect("a vector takes everything");
        zip.understate(100);
        let bytes = zip.finish().expect("a vector takes everything");
        let mut archive = Archive::open(Cursor::new(&bytes), &NAMES).expect("the headers agree");
        let mut content = Vec::new();
        let error = archive.read(0).expect("a member").read_to_end(&mut content).expect_err("more than is said");
        assert!(matches!(ZipError::from(error), ZipError::Broken { .. }));
        assert!(content.len() <= 100);
    }
}
