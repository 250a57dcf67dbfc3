//! Places in a source text: positions, ranges, and the map that computes them.

use std::cell::OnceCell;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// A place in a source text. Line and column count from one, bytes from zero; all zero means *nowhere*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from one.
    pub line: u32,
    /// The column in code points, from one.
    pub column: u32,
    /// The offset in bytes, from zero.
    pub byte: u32,
}

/// A stretch of a named source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range {
    /// The environment whose text it is; empty where there is none.
    pub environment: Arc<str>,
    /// Where it starts.
    pub begin: Position,
    /// Where it ends, exclusive.
    pub end: Position,
}

/// A stretch of the one source text at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) begin: Position,
    pub(crate) end: Position,
}

impl Span {
    pub(crate) fn in_environment(self, environment: &Arc<str>) -> Range {
        Range { environment: Arc::clone(environment), begin: self.begin, end: self.end }
    }
}

/// Computes byte offsets from lines and columns.
///
/// The reference compares code point columns with display widths on lines that are not ASCII, and never resolves the
/// last line of a text without final newline. Clients show these numbers, so both are kept.
pub(crate) struct SourceMap<'s> {
    source: &'s str,
    lines: Vec<Line>,
}

struct Line {
    offset: u32,
    length: u32,
    ascii: bool,
    /// Of a line that is not ASCII, where each grapheme cluster ends: the column by display width, and the byte.
    boundaries: OnceCell<Vec<(u32, u32)>>,
}

impl<'s> SourceMap<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let mut lines = Vec::with_capacity(source.len() / 24 + 2);
        let mut offset = 0;
        for line in source.split('\n') {
            lines.push(Line {
                offset: to_u32(offset),
                length: to_u32(line.len()),
                ascii: line.is_ascii(),
                boundaries: OnceCell::new(),
            });
            offset += line.len() + 1;
        }
        Self { source, lines }
    }

    /// The position of a column of a line, both counted from one.
    pub(crate) fn position(&self, line: u32, column: u32) -> Position {
        // The line after this one must exist: see the type's comment.
        let byte = match self.lines.get(line as usize - 1) {
            Some(entry) if (line as usize) < self.lines.len() => {
                if entry.ascii {
                    entry.offset + column.saturating_sub(1)
                } else {
                    self.byte(entry, column)
                }
            }
            _ => 0,
        };
        Position { line, column, byte }
    }

    /// The first boundary at or after a column; the end of the line if there is none.
    fn byte(&self, line: &Line, column: u32) -> u32 {
        let boundaries = line.boundaries.get_or_init(|| {
            let start = line.offset as usize;
            let text = &self.source[start..start + line.length as usize];
            let (mut at, mut byte) = (1, line.offset);
            let ends = text.graphemes(true).map(|cluster| {
                at += cluster_width(cluster);
                byte += to_u32(cluster.len());
                (at, byte)
            });
            std::iter::once((1, line.offset)).chain(ends).collect()
        });
        let index = boundaries.partition_point(|&(at, _)| at < column);
        boundaries.get(index).or(boundaries.last()).map_or(line.offset, |&(_, byte)| byte)
    }
}

/// How many columns a terminal gives the text.
pub(crate) fn display_width(text: &str) -> u32 {
    if text.is_ascii() {
        return to_u32(text.bytes().filter(|byte| !byte.is_ascii_control()).count());
    }
    text.graphemes(true).map(cluster_width).sum()
}

pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn cluster_width(cluster: &str) -> u32 {
    let mut characters = cluster.chars();
    let Some(first) = characters.next() else { return 0 };
    let mut width = character_width(first);
    if is_pictographic(first) {
        for next in characters {
            match next {
                '\u{FE0E}' => width = 1,
                '\u{FE0F}' => width = 2,
                _ => {}
            }
        }
    } else if !is_regional_indicator(first) && !is_leading_jamo(first) {
        width += characters.map(character_width).sum::<u32>();
    }
    width
}

fn character_width(character: char) -> u32 {
    match character {
        '\u{2E3A}' => 3,
        '\u{2E3B}' => 4,
        _ if is_regional_indicator(character) => 2,
        _ => to_u32(character.width().unwrap_or(0)),
    }
}

fn is_regional_indicator(character: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&character)
}

fn is_leading_jamo(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115F}' | '\u{A960}'..='\u{A97C}')
}

/// Whether Unicode calls the character `Extended_Pictographic`.
fn is_pictographic(character: char) -> bool {
    let code = u32::from(character);
    PICTOGRAPHIC
        .binary_search_by(|&(first, last)| {
            if last < code {
                std::cmp::Ordering::Less
            } else if first > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// Unicode's `emoji-data.txt`, property `Extended_Pictographic`.
#[rustfmt::skip]
const PICTOGRAPHIC: &[(u32, u32)] = &[
    (0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139),
    (0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328), (0x2388, 0x2388), (0x23CF, 0x23CF),
    (0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB), (0x25B6, 0x25B6), (0x25C0, 0x25C0),
    (0x25FB, 0x25FE), (0x2600, 0x2605), (0x2607, 0x2612), (0x2614, 0x2685), (0x2690, 0x2705), (0x2708, 0x2712),
    (0x2714, 0x2714), (0x2716, 0x2716), (0x271D, 0x271D), (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734),
    (0x2744, 0x2744), (0x2747, 0x2747), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757),
    (0x2763, 0x2767), (0x2795, 0x2797), (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2934, 0x2935),
    (0x2B05, 0x2B07), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D),
    (0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1F0FF), (0x1F10D, 0x1F10F), (0x1F12F, 0x1F12F),
    (0x1F16C, 0x1F171), (0x1F17E, 0x1F17F), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F1AD, 0x1F1E5),
    (0x1F201, 0x1F20F), (0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F), (0x1F232, 0x1F23A), (0x1F23C, 0x1F23F),
    (0x1F249, 0x1F3FA), (0x1F400, 0x1F53D), (0x1F546, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F774, 0x1F77F),
    (0x1F7D5, 0x1F7FF), (0x1F80C, 0x1F80F), (0x1F848, 0x1F84F), (0x1F85A, 0x1F85F), (0x1F888, 0x1F88F),
    (0x1F8AE, 0x1F8FF), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1FAFF), (0x1FC00, 0x1FFFD),
];
