//! gzip, the same bytes for the same input.

use std::io::{self, BufReader, Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// How hard is compressed. More saves little, since most of a leaf is random; measured on leaves.
const EFFORT: Compression = Compression::new(6);

/// Compresses.
pub(crate) fn pack(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), EFFORT);
    let packed = encoder.write_all(plain).and_then(|()| encoder.finish());
    packed.expect("writing into memory does not fail")
}

/// Reads what was compressed, piece by piece.
pub(crate) fn reader(packed: &[u8]) -> BufReader<GzDecoder<&[u8]>> {
    BufReader::new(GzDecoder::new(packed))
}

/// Reads all of what was compressed, if that is not longer than `limit`.
pub(crate) fn unpack(packed: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    let read = reader(packed).take(limit.saturating_add(1)).read_to_end(&mut plain)?;
    if read as u64 > limit { Err(io::ErrorKind::InvalidData.into()) } else { Ok(plain) }
}
