//! The text of an anchor file.
//!
//! ```text
//! escriba anchor, version 1
//! # The newest signed head of each log: name, entries, root of their tree. Keep it apart from the database.
//! k3v7qh2m5x9d4t8r.escriba/org/rf26ggh4sztli7x4 4720 W6Zr…=
//! k3v7qh2m5x9d4t8r.escriba/server/hc2omuxejwt7fhrg 96 9sQq…=
//! checksum 9d1e…        SHA-256 of every byte before this line
//! ```

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::Origin;

use super::{Anchored, TreeHead};

const TITLE: &str = "escriba anchor, version 1\n";
const COMMENT: &str =
    "# The newest signed head of each log: name, entries, root of their tree. Keep it apart from the database.\n";
const CHECKSUM: &str = "checksum ";

/// The text of an anchor.
pub(super) fn write(anchored: &Anchored) -> String {
    let mut text = String::from(TITLE) + COMMENT;
    for (origin, head) in anchored {
        writeln!(text, "{origin} {} {}", head.size, STANDARD.encode(head.root)).expect("a text takes any text");
    }
    let checksum = seal::hex(&seal::sha256(text.as_bytes()));
    text + CHECKSUM + &checksum + "\n"
}

/// The anchor that a text says; or what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Anchored, &'static str> {
    let entries = text.strip_prefix(TITLE).ok_or("it is no anchor that this version knows")?;
    let at = text.rfind(CHECKSUM).filter(|at| text[..*at].ends_with('\n')).ok_or("its end is missing")?;
    let (covered, checksum) = text.split_at(at);
    let expected = seal::hex(&seal::sha256(covered.as_bytes()));
    if checksum.strip_prefix(CHECKSUM).and_then(|rest| rest.strip_suffix('\n')) != Some(&expected) {
        return Err("its checksum does not match");
    }
    let entries = &entries[..entries.len() - checksum.len()];
    let mut anchored = Anchored::new();
    for line in entries.lines().filter(|line| !line.starts_with('#')) {
        let (origin, head) = entry(line).ok_or("a line is no head of a log")?;
        if anchored.insert(origin, head).is_some() {
            return Err("a log stands in it twice");
        }
    }
    Ok(anchored)
}

fn entry(line: &str) -> Option<(Origin, TreeHead)> {
    let mut words = line.split(' ');
    let (origin, size, root) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let root = STANDARD.decode(root).ok()?.try_into().ok()?;
    Some((origin.parse().ok()?, TreeHead { size: size.parse().ok()?, root }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Anchored {
        let origin = |text: &str| text.parse().unwrap();
        Anchored::from([
            (origin("aaaaaaaaaaaaaaaa.escriba/org/bbbbbbbbbbbbbbbb"), TreeHead { size: 4720, root: [7; 32] }),
            (origin("aaaaaaaaaaaaaaaa.escriba/server/cccccccccccccccc"), TreeHead { size: 0, root: [8; 32] }),
        ])
    }

    #[test]
    fn what_is_written_is_read() {
        for anchored in [Anchored::new(), sample()] {
            assert_eq!(parse(&write(&anchored)).unwrap(), anchored);
        }
    }

    #[test]
    fn no_changed_or_missing_byte_goes_unnoticed() {
        let text = write(&sample());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(parse(&changed).is_err(), "byte {at}");
            assert!(parse(&text[..at]).is_err(), "cut at byte {at}");
        }
        assert!(parse(&(text.clone() + "\n")).is_err());
        assert!(parse(&(text.clone() + &text)).is_err());
    }

    /// An anchor outlives versions of this program.
    #[test]
    fn an_anchor_of_the_first_version_is_still_read() {
        assert_eq!(parse(include_str!("../../../tests/data/anchor-v1.txt")).unwrap(), sample());
        assert_eq!(write(&sample()), include_str!("../../../tests/data/anchor-v1.txt"));
    }
}
