//! What the members of a leaf must be.

use std::mem;

use super::read::{
    ACTOR_AT, AUTHZ_AT, BEHALF_AT, C_AT, CAUSE_AT, CRED_AT, DETAIL_AT, ID_AT, LOG_AT, NODE_AT, OUTCOME_AT, REASON_AT,
    REQ_AT, SALT_AT, Span, TARGET_AT, TOP, TS_AT, TYPE_AT, V_AT, WALL_AT,
};
use super::{Leaf, LeafError, LeafFault, items};
use crate::id::{EventId, is_id};
use crate::record::MAX_CAUSES;

/// Members without which no version of a leaf is one.
const FROZEN: [usize; 7] = [C_AT, ID_AT, LOG_AT, SALT_AT, TS_AT, TYPE_AT, V_AT];
/// Members that version 1 always has besides.
const REQUIRED: [usize; 5] = [ACTOR_AT, CRED_AT, NODE_AT, OUTCOME_AT, REQ_AT];

impl Leaf<'_> {
    /// What every version has.
    pub(super) fn check_frozen(&mut self) -> Result<(), LeafError> {
        for place in FROZEN {
            self.require(place)?;
        }
        self.map.version = self.integer(self.map.top[V_AT]).unwrap_or_default();
        self.map.ts = self.integer(self.map.top[TS_AT]).ok_or_else(|| self.malformed(TS_AT))?;
        self.must(V_AT, self.map.version > 0)?;
        self.must(ID_AT, self.is_event_id(self.map.top[ID_AT]))?;
        self.must(LOG_AT, self.top(LOG_AT).is_some_and(|text| is_origin(text.as_bytes())))?;
        self.must(SALT_AT, self.top(SALT_AT).is_some_and(is_salt))?;
        self.must(TYPE_AT, self.top(TYPE_AT).is_some())?;
        self.must(C_AT, are_commitments(self.slice(self.map.top[C_AT]).as_bytes()))
    }

    /// What version 1 has besides.
    pub(super) fn check_version_1(&self) -> Result<(), LeafError> {
        for place in REQUIRED {
            self.require(place)?;
        }
        let map = &self.map;
        self.must(ACTOR_AT, self.is_principal(map.actor))?;
        self.must(BEHALF_AT, !self.has(BEHALF_AT) || self.is_principal(map.behalf))?;
        let [by, held, grant, need, policy] = map.authz;
        let words = self.string(by).is_some() && self.string(need).is_some() && self.is_absent_or_string(held);
        let authz = words && self.is_absent_or_id(grant) && self.integer(policy).is_some();
        self.must(AUTHZ_AT, !self.has(AUTHZ_AT) || authz)?;
        let [from, credential, kind] = map.cred;
        let issued = from.is_absent() || self.is_event_id(from);
        self.must(CRED_AT, issued && self.is_absent_or_id(credential) && self.string(kind).is_some())?;
        let [before, thing, kind, project, rev] = map.target;
        let revisions = [before, rev].iter().all(|span| span.is_absent() || self.integer(*span).is_some());
        let project = self.is_absent_or(project, |text| text.starts_with("p_") && is_id(text.as_bytes()));
        let target = revisions && project && self.is_absent_or_id(thing) && self.string(kind).is_some();
        self.must(TARGET_AT, !self.has(TARGET_AT) || target)?;
        self.must(NODE_AT, self.top(NODE_AT).is_some_and(|text| text.starts_with("n_") && is_id(text.as_bytes())))?;
        self.must(REQ_AT, self.top(REQ_AT).is_some_and(|text| text.starts_with("q_") && is_id(text.as_bytes())))?;
        let explained = match self.outcome_word() {
            Some("intended" | "succeeded") => false,
            Some("denied" | "failed" | "unknown") => true,
            _ => return Err(self.malformed(OUTCOME_AT)),
        };
        self.must(REASON_AT, self.top(REASON_AT).is_some() == explained && self.has(REASON_AT) == explained)?;
        let wall = map.top[WALL_AT];
        self.must(WALL_AT, wall.is_absent() || self.integer(wall).is_some_and(|wall| wall != map.ts))?;
        let causes = self.slice(map.top[CAUSE_AT]);
        let mut count = 0;
        let sound = items(causes).all(|item| {
            count += 1;
            count <= MAX_CAUSES && item.len() == EventId::TEXT + 2 && is_event_id(item.trim_matches('"'))
        });
        self.must(CAUSE_AT, sound && (causes.is_empty() || causes.starts_with('[')))?;
        self.must(DETAIL_AT, !self.has(DETAIL_AT) || is_flat(self.slice(map.top[DETAIL_AT]).as_bytes()))
    }

    fn is_principal(&self, [id, kind]: [Span; 2]) -> bool {
        let has_id = !id.is_absent();
        let sound = match self.string(kind) {
            None => false,
            Some("user" | "service" | "team" | "organization") => has_id,
            Some("system" | "anonymous") => !has_id,
            Some(_) => true,
        };
        sound && self.is_absent_or_id(id)
    }

    fn is_absent_or(&self, span: Span, test: impl Fn(&str) -> bool) -> bool {
        span.is_absent() || self.string(span).is_some_and(test)
    }

    fn is_absent_or_id(&self, span: Span) -> bool {
        self.is_absent_or(span, |text| is_id(text.as_bytes()))
    }

    fn is_absent_or_string(&self, span: Span) -> bool {
        self.is_absent_or(span, |_| true)
    }

    fn is_event_id(&self, span: Span) -> bool {
        self.string(span).is_some_and(is_event_id)
    }

    fn has(&self, place: usize) -> bool {
        !self.map.top[place].is_absent()
    }

    fn require(&self, place: usize) -> Result<(), LeafError> {
        let missing = LeafError { at: self.text.len(), fault: LeafFault::Missing(TOP[place]) };
        if self.has(place) { Ok(()) } else { Err(missing) }
    }

    fn must(&self, place: usize, sound: bool) -> Result<(), LeafError> {
        if sound { Ok(()) } else { Err(self.malformed(place)) }
    }

    fn malformed(&self, place: usize) -> LeafError {
        self.fault(place, LeafFault::Malformed(TOP[place]))
    }
}

fn is_event_id(text: &str) -> bool {
    let Ok(mut digits) = <[u8; EventId::TEXT]>::try_from(text.as_bytes()) else { return false };
    let dashes = [8, 13, 18, 23].into_iter().all(|place| mem::replace(&mut digits[place], b'0') == b'-');
    // Without a branch for each digit, many are looked at in one instruction.
    let hexadecimal = digits.iter().fold(true, |all, digit| all & matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    dashes && hexadecimal && digits[14] == b'7' && matches!(digits[19], b'8' | b'9' | b'a' | b'b')
}

/// Whether what was read before is an object that has arrays at most, and nothing below those. No string of a leaf
/// holds a bracket, so an array that stands directly in the object is one after a colon.
fn is_flat(detail: &[u8]) -> bool {
    let inner = detail.windows(2).all(|pair| pair[1] != b'{' && (pair[1] != b'[' || pair[0] == b':'));
    inner && detail.starts_with(b"{")
}

fn is_origin(text: &[u8]) -> bool {
    let code = |text: &[u8]| text.len() == 16 && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    let Some((instance, rest)) = text.split_at_checked(16) else { return false };
    let log = rest.strip_prefix(b".escriba/org/").or_else(|| rest.strip_prefix(b".escriba/server/"));
    code(instance) && log.is_some_and(code)
}

/// Base64 of 16 bytes: 22 digits, the last of which has four bits to spare.
fn is_salt(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() == 24
        && text[..22].iter().all(|byte| digit(*byte).is_some())
        && digit(text[21]).is_some_and(|last| last % 16 == 0)
        && text.ends_with(b"==")
}

/// An object that was read before, if all its members are digests.
fn are_commitments(object: &[u8]) -> bool {
    let Some(mut rest) = object.strip_prefix(b"{") else { return false };
    while let Some(colon) = rest.iter().position(|byte| *byte == b':') {
        match rest[colon + 1..].split_at_checked(46) {
            Some((value, [b',' | b'}', after @ ..])) if is_commitment(value) => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// Quoted base64 of 32 bytes: 43 digits, the last of which has two bits to spare.
fn is_commitment(value: &[u8]) -> bool {
    value.len() == 46
        && value.starts_with(b"\"")
        && value[1..44].iter().all(|byte| digit(*byte).is_some())
        && digit(value[43]).is_some_and(|last| last % 4 == 0)
        && value.ends_with(b"=\"")
}

fn digit(byte: u8) -> Option<u8> {
    let value = DIGITS[usize::from(byte)];
    (value < 64).then_some(value)
}

/// The value of each digit of base64, and 255 for what is none.
static DIGITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [255; 256];
    let mut value = 0_u8;
    while value < 64 {
        table[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    table
};
