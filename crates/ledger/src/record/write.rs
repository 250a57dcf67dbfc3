//! The bytes of a leaf, straight into one buffer.

use super::{Actor, Authorization, Credential, MAX_INTEGER, RecordError, Target};
use crate::detail::{Detail, DetailValue};
use crate::id::EventId;
use crate::leaf::is_string_byte;
use crate::words::StatementName;

/// Writes the members of a leaf. The caller gives them in order.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn key(&mut self, key: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    pub(super) fn open(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'{');
    }

    pub(super) fn open_array(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'[');
    }

    pub(super) fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    pub(super) fn quoted(&mut self, value: &str) {
        debug_assert!(is_word(value), "`{value}` is no word");
        self.0.push(b'"');
        self.0.extend_from_slice(value.as_bytes());
        self.0.push(b'"');
    }

    /// An item of an array of strings.
    pub(super) fn item(&mut self, value: &str) {
        if self.0.last() != Some(&b'[') {
            self.0.push(b',');
        }
        self.quoted(value);
    }

    pub(super) fn base64(&mut self, key: &str, bytes: &[u8]) {
        self.string(key, crate::opening::encode(bytes, &mut [0; 44]));
    }

    pub(super) fn integer(&mut self, key: &str, value: u64) {
        self.key(key);
        self.number(value);
    }

    pub(super) fn checked(&mut self, key: &'static str, value: u64) -> Result<(), RecordError> {
        if value > MAX_INTEGER {
            return Err(RecordError::Integer(key));
        }
        self.integer(key, value);
        Ok(())
    }

    pub(super) fn number(&mut self, mut value: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b"0123456789"[(value % 10) as usize];
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
    }

    pub(super) fn actor(&mut self, key: &str, actor: Actor) {
        self.open(key);
        if let Some(id) = actor.id {
            self.string("id", id.as_str());
        }
        self.string("kind", actor.kind.as_str());
        self.0.push(b'}');
    }

    pub(super) fn authorization(&mut self, authorization: &Authorization) -> Result<(), RecordError> {
        self.open("authz");
        self.string("by", authorization.by.as_str());
        if let Some(held) = authorization.held {
            self.string("held", held.as_str());
        }
        if let Some(id) = authorization.id {
            self.string("id", id.as_str());
        }
        self.string("need", authorization.need.as_str());
        self.checked("policy", authorization.policy)?;
        self.0.push(b'}');
        Ok(())
    }

    pub(super) fn commitments(&mut self, slots: &[Option<[u8; 32]>; StatementName::ALL.len()]) {
        self.open("c");
        for (name, commitment) in StatementName::ALL.iter().zip(slots) {
            if let Some(commitment) = commitment {
                self.base64(name.as_str(), commitment);
            }
        }
        self.0.push(b'}');
    }

    pub(super) fn credential(&mut self, credential: &Credential) {
        self.open("cred");
        if let Some(from) = credential.from {
            self.string("from", from.encode(&mut [0; EventId::TEXT]));
        }
        if let Some(id) = credential.id {
            self.string("id", id.as_str());
        }
        self.string("kind", credential.kind.as_str());
        self.0.push(b'}');
    }

    pub(super) fn target(&mut self, target: &Target) -> Result<(), RecordError> {
        self.open("target");
        if let Some(before) = target.before {
            self.checked("before", before)?;
        }
        if let Some(id) = target.id {
            self.string("id", id.as_str());
        }
        self.string("kind", target.kind.as_str());
        if let Some(project) = target.project {
            self.string("project", project.as_str());
        }
        if let Some(rev) = target.rev {
            self.checked("rev", rev)?;
        }
        self.0.push(b'}');
        Ok(())
    }

    pub(super) fn detail(&mut self, detail: &Detail) -> Result<(), RecordError> {
        self.open("detail");
        for (key, value) in detail.iter() {
            match value {
                DetailValue::Integer(value) => self.checked(key, *value)?,
                DetailValue::Boolean(value) => {
                    self.key(key);
                    self.0.extend_from_slice(if *value { b"true" } else { b"false" });
                }
                DetailValue::Word(word) => self.string(key, checked_word(word)?),
                DetailValue::Id(id) => self.string(key, id.as_str()),
                DetailValue::Event(id) => self.string(key, id.encode(&mut [0; EventId::TEXT])),
                DetailValue::Log(id) => self.string(key, id.as_str()),
                DetailValue::Digest(digest) => self.base64(key, digest),
                DetailValue::Words(words) => {
                    self.open_array(key);
                    for word in words {
                        self.item(checked_word(word)?);
                    }
                    self.close_array(key)?;
                }
                DetailValue::Ids(ids) => {
                    self.open_array(key);
                    for id in ids {
                        self.item(id.as_str());
                    }
                    self.close_array(key)?;
                }
                DetailValue::Integers(integers) => {
                    self.open_array(key);
                    for integer in integers {
                        if *integer > MAX_INTEGER {
                            return Err(RecordError::Integer(key));
                        }
                        if self.0.last() != Some(&b'[') {
                            self.0.push(b',');
                        }
                        self.number(*integer);
                    }
                    self.close_array(key)?;
                }
            }
        }
        self.0.push(b'}');
        Ok(())
    }

    pub(super) fn close_array(&mut self, key: &'static str) -> Result<(), RecordError> {
        if self.0.last() == Some(&b'[') {
            return Err(RecordError::Empty(key));
        }
        self.0.push(b']');
        Ok(())
    }
}

fn checked_word(word: &'static str) -> Result<&'static str, RecordError> {
    if is_word(word) { Ok(word) } else { Err(RecordError::Word(word)) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_string_byte)
}
