//! The envelope that ciphertexts travel in inside a definition.
//!
//! `"escx"`, the version as a big-endian 32-bit number, the payload, and the CRC-32 of all that; in base64.

use crate::base64;

const MAGIC: &[u8; 4] = b"escx";
const VERSION: [u8; 4] = 1u32.to_be_bytes();
/// Also the reference's minimum: a payload has at least four bytes.
const SHORTEST: usize = 16;

/// Why a text is no envelope. The texts are the reference's, and clients match them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not base64.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    /// Too short.
    #[error("EOF")]
    Short,
    /// Not ours.
    #[error("invalid header")]
    Header,
    /// Damaged.
    #[error("invalid checksum")]
    Checksum,
    /// Newer than this program.
    #[error("unsupported version")]
    Version,
}

/// Puts a payload into an envelope.
pub fn encode(payload: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(payload.len() + 12);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION);
    bytes.extend_from_slice(payload);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    base64::encode(&bytes)
}

/// Takes the payload out of an envelope.
pub fn decode(text: &str) -> Result<Vec<u8>, EnvelopeError> {
    let mut bytes = base64::decode(text.as_bytes()).map_err(EnvelopeError::Base64)?;
    if bytes.len() < SHORTEST {
        return Err(EnvelopeError::Short);
    }
    if !bytes.starts_with(MAGIC) {
        return Err(EnvelopeError::Header);
    }
    let checksum = bytes.split_off(bytes.len() - 4);
    if crc32fast::hash(&bytes).to_be_bytes() != checksum[..] {
        return Err(EnvelopeError::Checksum);
    }
    if bytes[4..8] != VERSION {
        return Err(EnvelopeError::Version);
    }
    bytes.drain(..8);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_comes_out_as_it_went_in() {
        let payload: Vec<u8> = b"hunter2".iter().map(|byte| byte.wrapping_add(128)).collect();
        assert_eq!(encode(&payload), "ZXNjeAAAAAHo9e705fKyKo30VQ==");
        assert_eq!(decode(&encode(&payload)), Ok(payload));
    }

    #[test]
    fn each_damage_has_its_own_error() {
        let mut bytes = base64::decode(encode(b"payload").as_bytes()).expect("encoded here");
        assert_eq!(decode("a!"), Err(EnvelopeError::Base64(1)));
        assert_eq!(decode(""), Err(EnvelopeError::Short));
        assert_eq!(decode("ZXNjeAAAAAHhQRt8TQ=="), Err(EnvelopeError::Short));
        bytes[9] ^= 1;
        assert_eq!(decode(&base64::encode(&bytes)), Err(EnvelopeError::Checksum));
        bytes[0] ^= 1;
        assert_eq!(decode(&base64::encode(&bytes)), Err(EnvelopeError::Header));
        let mut newer = b"escx\0\0\0\x02payload".to_vec();
        newer.extend(crc32fast::hash(&newer).to_be_bytes());
        assert_eq!(decode(&base64::encode(&newer)), Err(EnvelopeError::Version));
    }
}
