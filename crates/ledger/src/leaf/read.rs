//! One pass over the bytes: the lexical law, and where everything stands.

use super::{LeafError, LeafFault};
use crate::record::{MAX_INTEGER, MAX_LEAF};

/// How deep containers may stand in each other, the leaf itself included.
const MAX_DEPTH: usize = 4;

/// Where a value stands; nowhere, if it is empty.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) end: u16,
}

/// Where everything stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Map {
    pub(super) top: [Span; TOP.len()],
    pub(super) actor: [Span; ACTOR.len()],
    pub(super) behalf: [Span; ACTOR.len()],
    pub(super) authz: [Span; AUTHZ.len()],
    pub(super) cred: [Span; CRED.len()],
    pub(super) target: [Span; TARGET.len()],
    pub(super) version: u64,
    pub(super) ts: u64,
}

// The keys of each object, sorted, and the places of those that are asked for.
pub(super) const TOP: [&str; 19] = [
    "actor", "authz", "behalf", "c", "cause", "cred", "detail", "id", "log", "node", "outcome", "reason", "req",
    "salt", "target", "ts", "type", "v", "wall",
];
pub(super) const ACTOR_AT: usize = 0;
pub(super) const AUTHZ_AT: usize = 1;
pub(super) const BEHALF_AT: usize = 2;
pub(super) const C_AT: usize = 3;
pub(super) const CAUSE_AT: usize = 4;
pub(super) const CRED_AT: usize = 5;
pub(super) const DETAIL_AT: usize = 6;
pub(super) const ID_AT: usize = 7;
pub(super) const LOG_AT: usize = 8;
pub(super) const NODE_AT: usize = 9;
pub(super) const OUTCOME_AT: usize = 10;
pub(super) const REASON_AT: usize = 11;
pub(super) const REQ_AT: usize = 12;
pub(super) const SALT_AT: usize = 13;
pub(super) const TARGET_AT: usize = 14;
pub(super) const TS_AT: usize = 15;
pub(super) const TYPE_AT: usize = 16;
pub(super) const V_AT: usize = 17;
pub(super) const WALL_AT: usize = 18;
pub(super) const ACTOR: [&str; 2] = ["id", "kind"];
pub(super) const AUTHZ: [&str; 5] = ["by", "held", "id", "need", "policy"];
pub(super) const CRED: [&str; 3] = ["from", "id", "kind"];
pub(super) const TARGET: [&str; 5] = ["before", "id", "kind", "project", "rev"];

const TOP_RANKS: [u64; TOP.len()] = ranks(TOP);
const ACTOR_RANKS: [u64; ACTOR.len()] = ranks(ACTOR);
const AUTHZ_RANKS: [u64; AUTHZ.len()] = ranks(AUTHZ);
const CRED_RANKS: [u64; CRED.len()] = ranks(CRED);
const TARGET_RANKS: [u64; TARGET.len()] = ranks(TARGET);

/// Reads a leaf of any version. A member that version 1 does not have comes back as an error, which only counts if
/// the leaf says that it is of version 1.
pub(super) fn read(bytes: &[u8]) -> Result<(Map, Option<LeafError>), LeafError> {
    if bytes.len() > MAX_LEAF {
        return Err(LeafError { at: MAX_LEAF, fault: LeafFault::TooLong });
    }
    let (mut map, mut unknown) = (Map::default(), None);
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.leaf(&mut map, &mut unknown)?;
    if cursor.at < bytes.len() { Err(cursor.fault(LeafFault::Trailing)) } else { Ok((map, unknown)) }
}

impl Span {
    pub(super) const fn is_absent(self) -> bool {
        self.end == 0
    }
}

/// Reads bytes from left to right.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn leaf(&mut self, map: &mut Map, unknown: &mut Option<LeafError>) -> Result<(), LeafError> {
        let Map { top, actor, behalf, authz, cred, target, .. } = map;
        let mut place = 0;
        self.object(1, |cursor, key| {
            let at = cursor.at;
            let known = find(&TOP_RANKS, &mut place, key);
            let mut inside = |cursor: &mut Self, ranks, spans, name| cursor.known(ranks, spans, name, unknown);
            match known {
                Some(ACTOR_AT) => inside(cursor, &ACTOR_RANKS[..], &mut actor[..], "actor")?,
                Some(AUTHZ_AT) => inside(cursor, &AUTHZ_RANKS, authz, "authz")?,
                Some(BEHALF_AT) => inside(cursor, &ACTOR_RANKS, behalf, "behalf")?,
                Some(CRED_AT) => inside(cursor, &CRED_RANKS, cred, "cred")?,
                Some(TARGET_AT) => inside(cursor, &TARGET_RANKS, target, "target")?,
                Some(_) => cursor.value(2)?,
                None => {
                    unknown.get_or_insert(LeafError { at, fault: LeafFault::Unknown("the leaf") });
                    cursor.value(2)?;
                }
            }
            if let Some(known) = known {
                top[known] = cursor.since(at);
            }
            Ok(())
        })
    }

    /// A value that should be an object with known keys. What it is instead shows when it is asked for.
    fn known(
        &mut self,
        ranks: &[u64],
        spans: &mut [Span],
        name: &'static str,
        unknown: &mut Option<LeafError>,
    ) -> Result<(), LeafError> {
        if self.peek() != Some(b'{') {
            return self.value(2);
        }
        let mut place = 0;
        self.object(2, |cursor, key| {
            let at = cursor.at;
            cursor.value(3)?;
            match find(ranks, &mut place, key) {
                Some(known) => spans[known] = cursor.since(at),
                None => _ = unknown.get_or_insert(LeafError { at, fault: LeafFault::Unknown(name) }),
            }
            Ok(())
        })
    }

    /// An object; the function reads the value of each key.
    fn object(
        &mut self,
        depth: usize,
        mut member: impl FnMut(&mut Self, Key<'a>) -> Result<(), LeafError>,
    ) -> Result<(), LeafError> {
        self.deep(depth)?;
        self.expect(b'{')?;
        let mut last = Key { bytes: b"", rank: 0 };
        if self.peek() == Some(b'}') {
            return Err(self.fault(LeafFault::Empty));
        }
        loop {
            let at = self.at;
            let key = self.key()?;
            if key.rank < last.rank || key.rank == last.rank && key.bytes <= last.bytes {
                let fault = if key.bytes == last.bytes { LeafFault::Repeated } else { LeafFault::Order };
                return Err(LeafError { at, fault });
            }
            last = key;
            self.expect(b':')?;
            member(self, key)?;
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), LeafError> {
        match self.peek() {
            Some(b'"') => self.text(),
            Some(b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'{') => self.object(depth, |cursor, _| cursor.value(depth + 1)),
            Some(b'[') => self.array(depth),
            Some(_) => Err(self.fault(LeafFault::Byte)),
            None => Err(self.fault(LeafFault::End)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), LeafError> {
        self.deep(depth)?;
        self.at += 1;
        if self.peek() == Some(b']') {
            return Err(self.fault(LeafFault::Empty));
        }
        loop {
            self.value(depth + 1)?;
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn text(&mut self) -> Result<(), LeafError> {
        let length = string_length(&self.bytes[self.at + 1..]);
        self.at += 1 + length;
        if self.peek() == Some(b'"') && length == 0 {
            return Err(self.fault(LeafFault::Empty));
        }
        self.expect(b'"')
    }

    fn key(&mut self) -> Result<Key<'a>, LeafError> {
        self.expect(b'"')?;
        let (start, mut rank) = (self.at, 0);
        while let Some(letter @ (b'a'..=b'z' | b'0'..=b'9')) = self.peek() {
            if self.at < start + 8 {
                rank |= u64::from(letter) << (56 - 8 * (self.at - start));
            }
            self.at += 1;
        }
        let bytes = &self.bytes[start..self.at];
        if !bytes.first().is_some_and(u8::is_ascii_lowercase) {
            return Err(LeafError { at: start, fault: LeafFault::Byte });
        }
        self.expect(b'"')?;
        Ok(Key { bytes, rank })
    }

    fn number(&mut self) -> Result<(), LeafError> {
        let (start, mut value) = (self.at, 0_u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value * 10 + u64::from(digit - b'0');
            self.at += 1;
            let zero_led = self.bytes[start] == b'0' && self.at > start + 1;
            if zero_led || value > MAX_INTEGER {
                return Err(LeafError { at: start, fault: LeafFault::Number });
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), LeafError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.fault(LeafFault::Byte));
        }
        self.at += word.len();
        Ok(())
    }

    fn deep(&self, depth: usize) -> Result<(), LeafError> {
        if depth > MAX_DEPTH { Err(self.fault(LeafFault::TooDeep)) } else { Ok(()) }
    }

    fn expect(&mut self, byte: u8) -> Result<(), LeafError> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.fault(LeafFault::Byte)),
            None => Err(self.fault(LeafFault::End)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn since(&self, start: usize) -> Span {
        let place = |at: usize| u16::try_from(at).expect("a leaf has at most 4,096 bytes");
        Span { start: place(start), end: place(self.at) }
    }

    fn fault(&self, fault: LeafFault) -> LeafError {
        LeafError { at: self.at, fault }
    }
}

/// A key with its first eight bytes as a number, which sorts as the bytes do and is faster to compare.
#[derive(Clone, Copy)]
struct Key<'a> {
    bytes: &'a [u8],
    rank: u64,
}

/// The ranks of known keys: none of those is longer than eight bytes.
const fn ranks<const N: usize>(keys: [&str; N]) -> [u64; N] {
    let (mut ranks, mut place) = ([0; N], 0);
    while place < N {
        let (key, mut index) = (keys[place].as_bytes(), 0);
        assert!(key.len() <= 8, "a known key is too long for its rank");
        while index < key.len() {
            ranks[place] |= (key[index] as u64) << (56 - 8 * index);
            index += 1;
        }
        place += 1;
    }
    ranks
}

/// Finds a key in a sorted list, from where the last one was found: keys come in order.
fn find(ranks: &[u64], place: &mut usize, key: Key<'_>) -> Option<usize> {
    while *place < ranks.len() && ranks[*place] < key.rank {
        *place += 1;
    }
    (*place < ranks.len() && ranks[*place] == key.rank && key.bytes.len() <= 8).then_some(*place)
}

/// How many bytes there are before the first one that no string of a leaf holds. Eight are looked at together for as
/// long as all of them belong, which takes half as long as a branch for each.
fn string_length(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<8>();
    let whole = |chunk: &&[u8; 8]| chunk.iter().fold(true, |all, byte| all & is_string_byte(*byte));
    let start = 8 * chunks.iter().take_while(whole).count();
    start + bytes[start..].iter().take_while(|byte| is_string_byte(**byte)).count()
}

/// What a string of a leaf may hold: never a quote, a comma, a bracket or a brace.
pub(crate) const fn is_string_byte(byte: u8) -> bool {
    STRING_BYTES[byte as usize]
}

static STRING_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'+' | b'=' | b'-');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_before_the_first_byte_that_does_not_belong() {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/+=-".contains(&byte);
        for byte in 0..=u8::MAX {
            assert_eq!(is_string_byte(byte), belongs(byte), "{byte}");
            for length in 0..40 {
                let text = [&vec![b'a'; length][..], &[byte], &[b'"'; 20]].concat();
                assert_eq!(string_length(&text), length + usize::from(belongs(byte)), "{byte} after {length}");
                assert_eq!(string_length(&text[..length]), length);
            }
        }
    }
}
