//! The paths of tiles and entry bundles below the address of a log (C2SP tlog-tiles).

use std::fmt;
use std::str::FromStr;

use super::{TILE_WIDTH, TileId};

/// The path of a tile or an entry bundle: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
///
/// The number stands in groups of three digits, an `x` before all but the last: 1234067 is `x001/x234/067`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// Hashes.
    Tile {
        /// Which tile.
        id: TileId,
        /// How many hashes of it: 1 to 256, which is all.
        width: usize,
    },
    /// Leaves.
    Entries {
        /// The tile of level 0 whose leaves they are.
        number: u64,
        /// How many of them: 1 to 256, which is all.
        width: usize,
    },
}

/// A text that is no path of a tile or an entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile or an entry bundle")]
pub struct TilePathError;

impl fmt::Display for TilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, width) = match self {
            Self::Tile { id, width } => {
                write!(formatter, "tile/{}/", id.level)?;
                (id.number, width)
            }
            Self::Entries { number, width } => {
                formatter.write_str("tile/entries/")?;
                (*number, width)
            }
        };
        write_groups(number / 1000, formatter)?;
        write!(formatter, "{:03}", number % 1000)?;
        if *width < TILE_WIDTH { write!(formatter, ".p/{width}") } else { Ok(()) }
    }
}

fn write_groups(number: u64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number == 0 {
        return Ok(());
    }
    write_groups(number / 1000, formatter)?;
    write!(formatter, "x{:03}/", number % 1000)
}

/// Every path has one spelling; all others are refused.
impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        parse(text).ok_or(TilePathError)
    }
}

fn parse(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, decimal(width).filter(|width| (1..TILE_WIDTH as u64).contains(width))?),
        None => (rest, TILE_WIDTH as u64),
    };
    let (number, width) = (parse_groups(number)?, usize::try_from(width).ok()?);
    if kind == "entries" {
        return Some(TilePath::Entries { number, width });
    }
    // The specification gives a level two digits; no tree of less than 2^64 leaves has more than eight.
    let level = decimal(kind).filter(|level| *level < 64).and_then(|level| u8::try_from(level).ok())?;
    Some(TilePath::Tile { id: TileId { level, number }, width })
}

fn parse_groups(text: &str) -> Option<u64> {
    let (mut number, mut groups) = (0_u64, text.split('/').peekable());
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x')? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A group of zeros in front would be another spelling.
        if number == 0 && digits == "000" && groups.peek().is_some() {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(number)
}

/// A decimal number without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tile(level: u8, number: u64, width: usize) -> TilePath {
        TilePath::Tile { id: TileId { level, number }, width }
    }

    #[test]
    fn paths_are_spelled_as_the_specification_spells_them() {
        for (path, text) in [
            (tile(0, 0, 256), "tile/0/000"),
            (tile(1, 999, 7), "tile/1/999.p/7"),
            (tile(0, 1000, 256), "tile/0/x001/000"),
            (tile(2, 1_234_067, 255), "tile/2/x001/x234/067.p/255"),
            (TilePath::Entries { number: 1_234_067, width: 256 }, "tile/entries/x001/x234/067"),
            (TilePath::Entries { number: 0, width: 1 }, "tile/entries/000.p/1"),
            (tile(63, u64::MAX, 256), "tile/63/x018/x446/x744/x073/x709/x551/615"),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/00/000",
            "tile/01/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/x/000",
            "tile/0/x000/001",
            "tile/0/x000",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/X001/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/+01",
            "tile/0/ 01",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/data/000",
            "tile/entries",
            "tile/entries/x001",
            "tile/٠/000",
            "tile/0/٠٠٠",
        ] {
            assert_eq!(text.parse::<TilePath>(), Err(TilePathError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_path_is_read_back(level in 0..64_u8, number: u64, small in 0..3000_u64, width in 1..257_usize) {
            for path in [tile(level, number, width), tile(level, small, width), TilePath::Entries { number, width }] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }

        #[test]
        fn any_text_has_one_reading_or_none(text in "tile/([0-9]{1,2}|entries)/(x?[0-9]{3}/?){1,4}(\\.p/[0-9]{1,3})?") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
