//! The text of a key file, and the ring that it says.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Ring;
use crate::digest::{from_hex, hex, sha256};
use crate::key::{Key, KeyId};
use crate::secret::Secret;
use crate::signing::{EarlierKey, LogKeys, Overlap, SigningKey};

pub(super) const TITLE: &str = "escriba key ring, version ";
const VERSION: &str = "1";
const WARNING: &str =
    "# Whoever has this file and the database can read every secret. Keep a copy apart from the database's.\n";
const ROOT_KEY: &str = "[root-key]";
const LOG_KEY: &str = "[log-key]";
pub(super) const CHECKSUM: &str = "\n[checksum]\nsha256 = ";

/// Why a text is no ring.
pub(super) enum Fault {
    UnknownVersion,
    /// What is wrong, without anything of the keys.
    Damaged(String),
}

fn damaged(what: impl Into<String>) -> Fault {
    Fault::Damaged(what.into())
}

/// The text of a ring.
pub(super) fn write(ring: &Ring) -> Zeroizing<String> {
    let log_keys = ring.log.as_ref().map_or(0, |log| 1 + log.earlier().len());
    let keys = 1 + ring.earlier.len() + log_keys;
    // Sized so that it never grows: growing would leave copies of the keys behind.
    let mut text = Zeroizing::new(String::with_capacity(400 + 200 * keys + ring.others.expose().len()));
    text.extend([TITLE, VERSION, "\n", WARNING]);
    let uses = std::iter::once("active").chain(std::iter::repeat("unwrap"));
    for (key, usage) in std::iter::once(&ring.active).chain(&ring.earlier).zip(uses) {
        let secret = Zeroizing::new(STANDARD.encode(*key.bytes));
        text.extend(["\n", ROOT_KEY, "\nid = ", &hex(key.id.as_bytes()), "\nuse = ", usage, "\nkey = ", &secret, "\n"]);
    }
    if let Some(log) = &ring.log {
        let active = log.active();
        write_log_key(&mut text, active.public(), "active", None, Some(active));
        for earlier in log.earlier() {
            match &earlier.overlap {
                Some(Overlap { key, until }) => {
                    write_log_key(&mut text, &earlier.public, "overlap", Some(*until), Some(key));
                }
                None => write_log_key(&mut text, &earlier.public, "verify", None, None),
            }
        }
    }
    text.push_str(ring.others.expose());
    let checksum = hex(&sha256(text.as_bytes()));
    text.extend([CHECKSUM, &checksum, "\n"]);
    text
}

fn write_log_key(text: &mut String, public: &[u8; 32], usage: &str, until: Option<u64>, key: Option<&SigningKey>) {
    text.extend(["\n", LOG_KEY, "\npublic = ", &STANDARD.encode(public), "\nuse = ", usage, "\n"]);
    if let Some(until) = until {
        text.extend(["until = ", &until.to_string(), "\n"]);
    }
    if let Some(key) = key {
        let secret = Zeroizing::new(STANDARD.encode(key.seed()));
        text.extend(["key = ", &secret, "\n"]);
    }
}

/// The ring that a text says.
pub(super) fn parse(text: &str) -> Result<Ring, Fault> {
    // The version comes before the checksum: a later version may compute another.
    let version = text.strip_prefix(TITLE).and_then(|rest| rest.lines().next());
    if version != Some(VERSION) {
        return Err(Fault::UnknownVersion);
    }
    let (covered, checksum) = text.rsplit_once(CHECKSUM).ok_or_else(|| damaged("its end is missing"))?;
    if checksum.strip_suffix('\n') != Some(&hex(&sha256(covered.as_bytes()))) {
        return Err(damaged("its checksum does not match"));
    }

    let (mut active, mut earlier) = (None, Vec::new());
    let (mut log_active, mut log_earlier) = (None, Vec::new());
    let mut others = Zeroizing::new(String::with_capacity(text.len()));
    let (_, sections) = covered.split_once("\n\n").ok_or_else(|| damaged("it has no keys"))?;
    for section in sections.split("\n\n") {
        if let Some(entries) = section.strip_prefix(ROOT_KEY) {
            let (key, usage) = root_key(entries).map_err(damaged)?;
            match usage {
                "active" if active.is_none() => active = Some(key),
                "active" => return Err(damaged("two root keys are active")),
                "unwrap" => earlier.push(key),
                _ => return Err(damaged("a root key has an unknown use")),
            }
        } else if let Some(entries) = section.strip_prefix(LOG_KEY) {
            match log_key(entries).map_err(damaged)? {
                LogKey::Active(key) if log_active.is_none() => log_active = Some(Arc::new(key)),
                LogKey::Active(_) => return Err(damaged("two log keys are active")),
                LogKey::Earlier(key) => log_earlier.push(key),
            }
        } else {
            others.extend(["\n", section.trim_end_matches('\n'), "\n"]);
        }
    }
    let active = active.ok_or_else(|| damaged("no root key is active"))?;
    let log = match (log_active, log_earlier) {
        (Some(active), earlier) => Some(LogKeys::new(active, earlier)),
        (None, earlier) if earlier.is_empty() => None,
        (None, _) => return Err(damaged("no log key is active")),
    };
    Ok(Ring { active, earlier, log, others: Secret::new(std::mem::take(&mut *others)) })
}

fn root_key(entries: &str) -> Result<(Key, &str), String> {
    const KEY: &str = "a root key";
    let [id, usage, secret] = read_entries(KEY, entries, ["id", "use", "key"])?;
    let (Some(id), Some(usage), Some(secret)) = (id, usage, secret) else {
        return Err(format!("{KEY} lacks an entry"));
    };
    let id = from_hex(id).ok_or("a root key's identifier is not 16 bytes in hexadecimal")?;
    Ok((Key::new(KeyId(id), bytes(KEY, secret)?), usage))
}

enum LogKey {
    Active(SigningKey),
    Earlier(EarlierKey),
}

fn log_key(entries: &str) -> Result<LogKey, String> {
    const KEY: &str = "a log key";
    let [public, usage, until, secret] = read_entries(KEY, entries, ["public", "use", "until", "key"])?;
    let public = *bytes(KEY, public.ok_or("a log key lacks an entry")?)?;
    let key = secret.map(|secret| bytes(KEY, secret).map(SigningKey::from_seed)).transpose()?;
    if key.as_ref().is_some_and(|key| *key.public() != public) {
        return Err("a log key has the public key of another".into());
    }
    let until = until.map(|until| until.parse::<u64>().map_err(|_| "a log key's time is no number")).transpose()?;
    match (usage, key, until) {
        (Some("active"), Some(key), None) => Ok(LogKey::Active(key)),
        (Some("overlap"), Some(key), Some(until)) => {
            Ok(LogKey::Earlier(EarlierKey { public, overlap: Some(Overlap { key: Arc::new(key), until }) }))
        }
        (Some("verify"), None, None) => Ok(LogKey::Earlier(EarlierKey { public, overlap: None })),
        (Some("active" | "overlap" | "verify"), ..) => Err("a log key has not the entries of its use".into()),
        (Some(_), ..) => Err("a log key has an unknown use".into()),
        (None, ..) => Err("a log key lacks an entry".into()),
    }
}

/// Reads the entries of a section, each at most once.
fn read_entries<'a, const N: usize>(
    key: &str,
    entries: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], String> {
    let mut values = [None; N];
    for line in entries.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once(" = ").ok_or_else(|| format!("{key} has a line that is no entry"))?;
        let place = names.iter().position(|known| *known == name);
        let place = place.ok_or_else(|| format!("{key} has an unknown entry"))?;
        if values[place].replace(value).is_some() {
            return Err(format!("{key} has an entry twice"));
        }
    }
    Ok(values)
}

fn bytes(key: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, String> {
    let decoded = Zeroizing::new(STANDARD.decode(text).map_err(|_| format!("{key} is not in base64"))?);
    let bytes = <[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| format!("{key} is not 32 bytes long"))?;
    Ok(Zeroizing::new(bytes))
}
