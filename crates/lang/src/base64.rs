//! Standard base64, decoded as leniently as the reference does and with its error offsets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes padded base64. Newlines are skipped and trailing bits ignored; the error is the offset of the first fault.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut at = 0;
    let newlines = |mut at: usize| {
        while text.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        at
    };
    loop {
        let (mut bits, mut count) = (0u32, 0usize);
        while count < 4 {
            at = newlines(at);
            let Some(&byte) = text.get(at) else {
                return if count == 0 { Ok(out) } else { Err(text.len() - count) };
            };
            at += 1;
            if byte == b'=' {
                if count < 2 {
                    return Err(at - 1);
                }
                at = newlines(at);
                if count == 2 {
                    match text.get(at) {
                        None => return Err(text.len()),
                        Some(b'=') => at += 1,
                        Some(_) => return Err(at - 1),
                    }
                    at = newlines(at);
                }
                let bytes = (bits << (6 * (4 - count))).to_be_bytes();
                out.extend_from_slice(&bytes[1..count]);
                return if at < text.len() { Err(at) } else { Ok(out) };
            }
            let Some(digit) = digit(byte) else { return Err(at - 1) };
            bits = bits << 6 | digit;
            count += 1;
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
}

fn digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes() {
        for text in ["", "f", "fo", "foo", "foob"] {
            assert_eq!(decode(encode(text.as_bytes()).as_bytes()), Ok(text.as_bytes().to_vec()));
        }
        assert_eq!(decode(b"Zm\r\n8=\n"), Ok(b"fo".to_vec()));
    }

    #[test]
    fn faults_are_found_where_the_reference_finds_them() {
        assert_eq!(decode(b"Zm9!"), Err(3));
        assert_eq!(decode(b"Zm9"), Err(0));
        assert_eq!(decode(b"="), Err(0));
        assert_eq!(decode(b"Zg="), Err(3));
        assert_eq!(decode(b"Zg=x"), Err(2));
        assert_eq!(decode(b"Zg==x"), Err(4));
    }
}
