//! Whom a verifier trusts (C2SP tlog-policy): the keys of logs, witnesses, groups of them, and the quorum that must
//! have cosigned.
//!
//! ```text
//! log <key> [<address>]
//! witness <name> <key> [<address>]
//! group <name> <number, any or all> <member>…
//! quorum <name or none>
//! ```
//!
//! Names are said before they are used, so groups cannot go in circles. A `#` begins a comment.

use std::collections::HashMap;

use crate::checkpoint::{self, CheckpointError, Verified};
use crate::note::{Algorithm, KeyError, Signed, VerifierKey};

/// The most bytes of a policy.
pub const MAX_POLICY: usize = 64 * 1024;

/// The name that no member has: nobody needs to cosign.
const NONE: &str = "none";

/// Whom a verifier trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Trusted>,
    witnesses: Vec<Trusted>,
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A key of a policy, and where its owner is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The key.
    pub key: VerifierKey,
    /// The address, if the policy has one.
    pub address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quorum {
    Nobody,
    Member(Member),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// Why a text is no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More than [`MAX_POLICY`] bytes.
    #[error("a policy of {0} bytes is too long")]
    TooLong(usize),
    /// No log, or no quorum.
    #[error("a policy names at least one log, and a quorum")]
    Incomplete,
    /// A line that a policy cannot have.
    #[error("line {line} of the policy cannot stand there")]
    Line {
        /// The line, from 1.
        line: usize,
        /// Why not.
        #[source]
        fault: PolicyFault,
    },
}

/// What is wrong with a line of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Not a line that a policy has.
    #[error("not a log, a witness, a group or a quorum")]
    Line,
    /// A key that is none.
    #[error("a key that cannot be read")]
    Key(#[source] KeyError),
    /// A log with a witness's kind of key, or the other way round.
    #[error("a key of the wrong kind")]
    Kind,
    /// A name or a key that was given before, or a second quorum.
    #[error("something that was given before")]
    Taken,
    /// A name that was not given before.
    #[error("a name that was not given before")]
    Missing,
    /// A member that a group has already.
    #[error("a member that a group has already")]
    Shared,
    /// A number of members that the group does not have.
    #[error("a threshold that the group cannot reach")]
    Threshold,
}

/// Why a checkpoint does not satisfy a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// It is none that can be relied on, or not of a log of the policy.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses cosigned.
    #[error("too few witnesses cosigned the checkpoint")]
    Quorum,
}

impl Policy {
    /// Reads a policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY {
            return Err(PolicyError::TooLong(text.len()));
        }
        let mut reader = Reader::default();
        for (line, text) in (1..).zip(text.lines()) {
            let words: Vec<&str> = text.split_ascii_whitespace().take_while(|word| !word.starts_with('#')).collect();
            reader.line(&words).map_err(|fault| PolicyError::Line { line, fault })?;
        }
        reader.finish().ok_or(PolicyError::Incomplete)
    }

    /// The logs.
    pub fn logs(&self) -> &[Trusted] {
        &self.logs
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[Trusted] {
        &self.witnesses
    }

    /// Verifies a signed checkpoint: a log of the policy signed it, and its quorum cosigned it.
    pub fn open(&self, note: &[u8]) -> Result<Verified, PolicyRefusal> {
        let keys: Vec<VerifierKey> =
            self.logs.iter().chain(&self.witnesses).map(|trusted| trusted.key.clone()).collect();
        let verified = checkpoint::open(note, &keys)?;
        if self.is_met(&verified.signatures) { Ok(verified) } else { Err(PolicyRefusal::Quorum) }
    }

    /// Whether those who signed are a quorum.
    pub fn is_met(&self, signatures: &[Signed]) -> bool {
        match self.quorum {
            Quorum::Nobody => true,
            Quorum::Member(member) => self.has_signed(member, signatures),
        }
    }

    fn has_signed(&self, member: Member, signatures: &[Signed]) -> bool {
        match member {
            Member::Witness(place) => signatures.iter().any(|signed| signed.key == self.witnesses[place].key),
            Member::Group(place) => {
                let Group { threshold, members } = &self.groups[place];
                members.iter().filter(|member| self.has_signed(**member, signatures)).count() >= *threshold
            }
        }
    }
}

/// A policy as far as it was read.
#[derive(Default)]
struct Reader<'a> {
    logs: Vec<Trusted>,
    witnesses: Vec<Trusted>,
    groups: Vec<Group>,
    names: HashMap<&'a str, Member>,
    grouped: Vec<Member>,
    quorum: Option<Quorum>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, words: &[&'a str]) -> Result<(), PolicyFault> {
        match words {
            [] => Ok(()),
            ["log", key, address @ ..] => {
                let log = trusted(key, Algorithm::Ed25519, address)?;
                self.add(log, |reader| &mut reader.logs)
            }
            ["witness", name, key, address @ ..] => {
                let witness = trusted(key, Algorithm::Cosignature, address)?;
                self.add(witness, |reader| &mut reader.witnesses)?;
                self.name(name, Member::Witness(self.witnesses.len() - 1))
            }
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => {
                let quorum = if *name == NONE { Quorum::Nobody } else { Quorum::Member(self.member(name)?) };
                if self.quorum.replace(quorum).is_none() { Ok(()) } else { Err(PolicyFault::Taken) }
            }
            _ => Err(PolicyFault::Line),
        }
    }

    fn add(&mut self, trusted: Trusted, list: impl Fn(&mut Self) -> &mut Vec<Trusted>) -> Result<(), PolicyFault> {
        let list = list(self);
        if list.iter().any(|known| known.key == trusted.key) {
            return Err(PolicyFault::Taken);
        }
        list.push(trusted);
        Ok(())
    }

    fn group(&mut self, name: &'a str, threshold: &str, names: &[&str]) -> Result<(), PolicyFault> {
        let mut members = Vec::new();
        for name in names {
            let member = self.member(name)?;
            // A witness that counts twice would be a quorum by itself.
            if self.grouped.contains(&member) {
                return Err(PolicyFault::Shared);
            }
            self.grouped.push(member);
            members.push(member);
        }
        let threshold = match threshold {
            "any" => 1,
            "all" => members.len(),
            number => checkpoint::parse_size(number).and_then(|n| n.try_into().ok()).ok_or(PolicyFault::Threshold)?,
        };
        if !(1..=members.len()).contains(&threshold) {
            return Err(PolicyFault::Threshold);
        }
        self.groups.push(Group { threshold, members });
        self.name(name, Member::Group(self.groups.len() - 1))
    }

    fn name(&mut self, name: &'a str, member: Member) -> Result<(), PolicyFault> {
        if name == NONE || self.names.insert(name, member).is_some() { Err(PolicyFault::Taken) } else { Ok(()) }
    }

    fn member(&self, name: &str) -> Result<Member, PolicyFault> {
        self.names.get(name).copied().ok_or(PolicyFault::Missing)
    }

    fn finish(self) -> Option<Policy> {
        let Self { logs, witnesses, groups, quorum, .. } = self;
        (!logs.is_empty()).then_some(Policy { logs, witnesses, groups, quorum: quorum? })
    }
}

fn trusted(key: &str, algorithm: Algorithm, address: &[&str]) -> Result<Trusted, PolicyFault> {
    let key: VerifierKey = key.parse().map_err(PolicyFault::Key)?;
    if key.algorithm() != algorithm {
        return Err(PolicyFault::Kind);
    }
    match address {
        [] => Ok(Trusted { key, address: None }),
        [address] => Ok(Trusted { key, address: Some((*address).to_owned()) }),
        _ => Err(PolicyFault::Line),
    }
}
