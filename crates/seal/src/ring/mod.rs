//! The root keys and the log keys, and the file that they live in.
//!
//! The file is text, so that a person who finds it sees what it is and whom to ask:
//!
//! ```text
//! escriba key ring, version 1
//! # Whoever has this file and the database can read every secret. Keep a copy apart from the database's.
//!
//! [root-key]
//! id = 4f0c…            16 bytes in hexadecimal; names the key in what it wrapped
//! use = active          or `unwrap`: kept for what it wrapped before a later key took over
//! key = 2Jx…            32 bytes in base64
//!
//! [log-key]
//! public = 7Qm…         32 bytes in base64: the Ed25519 public key
//! use = active          or `overlap`: signs beside a later key; or `verify`: signs no more
//! until = 1798761600    with `overlap` only: until when, in seconds since 1970
//! key = Hx1…            32 bytes in base64: the seed; not with `verify`
//!
//! [checksum]
//! sha256 = 9d1e…        of every byte before this section
//! ```
//!
//! Sections of other names are kept as they are and otherwise ignored: a later version may put its keys there, and this
//! one can still rewrite the file. The checksum finds accidents. It does not, and could not, find an attacker. A ring
//! that was made before logs were signed has no log key, and can be given one.

mod file;
mod text;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::{hex, sha256};
use crate::envelope::{Binding, SealError, Sealed};
use crate::identity::IdentityKey;
use crate::key::{DataKey, Key};
use crate::random::Random;
use crate::secret::{Secret, SecretBytes, SecretString};
use crate::signing::{LogKeys, SigningKey};

/// The root keys of a server, one that wraps new data keys and earlier ones that still unwrap theirs; and the keys that
/// sign its logs.
pub struct Ring {
    active: Key,
    earlier: Vec<Key>,
    log: Option<LogKeys>,
    /// The sections that this version does not know, as they stand in the file.
    others: SecretString,
}

/// Why a key file could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// A new ring would overwrite one.
    #[error("there is a key file already: {}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no key file {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner may read or write the file.
    #[error("others may use the key file {} (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A later version of this program wrote the file, or it is no key file.
    #[error("{} is no key file that this version knows", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
    },
    /// The file was damaged. A copy is needed.
    #[error("the key file {} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, without anything of the keys.
        what: String,
    },
    /// A log key was to be made, but there is one.
    #[error("the key file {} has a log key already; `escriba log rotate-key` makes a new one", path.display())]
    HasLogKey {
        /// The file.
        path: PathBuf,
    },
    /// A log key was to be replaced, but there is none.
    #[error("the key file {} has no log key; `escriba log key --create` makes one", path.display())]
    NoLogKey {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot use the key file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

impl Ring {
    /// Makes a ring with one root key and one log key, and its file.
    ///
    /// When this returns, the file is complete and on the disk, with its name. A crash before leaves no file of that
    /// name, at worst one that ends in `.new` and is of no use to anyone. An existing file is never replaced.
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self, RingError> {
        let ring = Self {
            active: Key::generate(random),
            earlier: Vec::new(),
            log: Some(LogKeys::new(Arc::new(SigningKey::generate(random)), Vec::new())),
            others: Secret::new(String::new()),
        };
        file::create(path, &text::write(&ring), random)?;
        Ok(ring)
    }

    /// Reads the ring from its file.
    pub fn load(path: &Path) -> Result<Self, RingError> {
        text::parse(&file::read(path)?).map_err(|fault| match fault {
            text::Fault::UnknownVersion => RingError::UnknownVersion { path: path.to_owned() },
            text::Fault::Damaged(what) => RingError::Damaged { path: path.to_owned(), what },
        })
    }

    /// Makes a new root key the active one, in the file first and then here. The earlier ones go on unwrapping.
    ///
    /// The caller is the ring's only writer: it holds the lock of the data directory.
    pub fn rotate(&mut self, path: &Path, random: &dyn Random) -> Result<(), RingError> {
        let mut next = self.copy();
        let before = std::mem::replace(&mut next.active, Key::generate(random));
        next.earlier.insert(0, before);
        self.replace_by(next, path, random)
    }

    /// The keys that sign the logs, if the ring has any.
    pub const fn log_keys(&self) -> Option<&LogKeys> {
        self.log.as_ref()
    }

    /// Gives a ring that has no log key one, in the file first and then here. The caller is the ring's only writer.
    pub fn create_log_key(&mut self, path: &Path, random: &dyn Random) -> Result<(), RingError> {
        if self.log.is_some() {
            return Err(RingError::HasLogKey { path: path.to_owned() });
        }
        let mut next = self.copy();
        next.log = Some(LogKeys::new(Arc::new(SigningKey::generate(random)), Vec::new()));
        self.replace_by(next, path, random)
    }

    /// Makes a new log key the active one, in the file first and then here. The one before signs beside it until a time;
    /// both times are in seconds since 1970. The caller is the ring's only writer.
    pub fn rotate_log_key(&mut self, path: &Path, now: u64, until: u64, random: &dyn Random) -> Result<(), RingError> {
        let Some(log) = &self.log else { return Err(RingError::NoLogKey { path: path.to_owned() }) };
        let log = log.succeeded_by(SigningKey::generate(random), now, until);
        let mut next = self.copy();
        next.log = Some(log);
        self.replace_by(next, path, random)
    }

    /// The keys that vouch for what the server says of itself: the one that signs now, then those that signed before and
    /// whose words may still be about.
    pub fn identity_keys(&self) -> Vec<IdentityKey> {
        std::iter::once(&self.active).chain(&self.earlier).map(IdentityKey::of).collect()
    }

    /// Encrypts a data key with the active root key. The result goes to the database; it has the shape of [`Sealed`].
    pub fn wrap(&self, key: &DataKey, binding: &Binding<'_>, random: &dyn Random) -> Vec<u8> {
        self.active.seal(binding, &*key.to_wrappable(), random).into_bytes()
    }

    /// Decrypts what [`wrap`](Self::wrap) gave for the same `binding`, with whichever root key wrapped it.
    pub fn unwrap(&self, wrapped: &[u8], binding: &Binding<'_>) -> Result<DataKey, SealError> {
        DataKey::from_wrappable(&self.open(wrapped, binding)?).ok_or(SealError::Refused)
    }

    /// Encrypts something that is soon of no use any more, and that belongs to no environment. What lasts has a
    /// [`DataKey`] of its own.
    pub fn seal(&self, plaintext: &[u8], binding: &Binding<'_>, random: &dyn Random) -> Vec<u8> {
        self.active.seal(binding, plaintext, random).into_bytes()
    }

    /// Decrypts what [`seal`](Self::seal) gave for the same `binding`, with whichever root key made it.
    pub fn open(&self, sealed: &[u8], binding: &Binding<'_>) -> Result<SecretBytes, SealError> {
        let sealed = Sealed::from_bytes(sealed.to_vec())?;
        let wanted = sealed.key_id();
        let root = std::iter::once(&self.active)
            .chain(&self.earlier)
            .find(|key| key.id == wanted)
            .ok_or(SealError::OtherKey { key: wanted })?;
        root.open(binding, &sealed)
    }

    /// Whether the active root key wrapped this; one that another did is worth wrapping anew.
    pub fn wrapped_by_active(&self, wrapped: &[u8]) -> bool {
        Sealed::from_bytes(wrapped.to_vec()).is_ok_and(|sealed| sealed.key_id() == self.active.id)
    }

    /// What tells this ring from another, without telling anything of its keys: replicas compare it with the database's.
    ///
    /// It follows from the identifier of the active root key, so it changes only when the ring is rotated, and a
    /// replica that was left with the ring from before is noticed.
    pub fn fingerprint(&self) -> String {
        let mut input = b"escriba ring fingerprint v1:".to_vec();
        input.extend_from_slice(self.active.id.as_bytes());
        hex(&sha256(&input)[..16])
    }

    fn copy(&self) -> Self {
        let copy = |key: &Key| Key::new(key.id, key.bytes.clone());
        Self {
            active: copy(&self.active),
            earlier: self.earlier.iter().map(copy).collect(),
            log: self.log.clone(),
            others: self.others.clone(),
        }
    }

    /// Puts another ring in this one's place, in the file first.
    fn replace_by(&mut self, next: Self, path: &Path, random: &dyn Random) -> Result<(), RingError> {
        file::replace(path, &text::write(&next), random)?;
        *self = next;
        Ok(())
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("active", &self.active.id)
            .field("earlier", &self.earlier.len())
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::text::CHECKSUM;
    use super::*;
    use crate::digest::from_hex;
    use crate::{Purpose, SeededRandom};

    const BINDING: Binding<'static> =
        Binding { organization: "acme", environment: "web/prod", purpose: Purpose::DataKey, extra: "" };

    const V1: &str = include_str!("../../tests/data/ring-v1.txt");
    const V1_LOG_KEYS: &str = include_str!("../../tests/data/ring-v1-log-keys.txt");

    struct Place {
        folder: tempfile::TempDir,
        path: PathBuf,
        random: SeededRandom,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        Place { folder, path, random: SeededRandom::new(1) }
    }

    fn write_file(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes a key file with these bytes before its checksum.
    fn write_with_checksum(path: &Path, covered: &str) {
        fs::write(path, format!("{covered}{CHECKSUM}{}\n", hex(&sha256(covered.as_bytes())))).unwrap();
    }

    fn damage(path: &Path) -> String {
        match Ring::load(path).unwrap_err() {
            RingError::Damaged { what, .. } => what,
            other => panic!("not damaged but: {other}"),
        }
    }

    #[test]
    fn a_loaded_ring_unwraps_what_the_created_one_wrapped() {
        let Place { path, random, folder } = place();
        let created = Ring::create(&path, &random).unwrap();
        let key = DataKey::generate(&random);
        let wrapped = created.wrap(&key, &BINDING, &random);

        let loaded = Ring::load(&path).unwrap();
        let unwrapped = loaded.unwrap(&wrapped, &BINDING).unwrap();

        let sealed = key.seal(&BINDING, b"hunter2", &random);
        assert_eq!(unwrapped.open(&BINDING, &sealed).unwrap().expose(), b"hunter2");
        assert_eq!(loaded.fingerprint(), created.fingerprint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
    }

    #[test]
    fn the_key_file_is_its_owner_s_alone() {
        let Place { path, random, folder: _folder } = place();
        Ring::create(&path, &random).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_read_or_write_is_refused_with_the_remedy() {
        let Place { path, random, folder: _folder } = place();
        Ring::create(&path, &random).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Ring::load(&path).unwrap_err().to_string();
            assert!(error.ends_with(&format!("chmod 600 {}", path.display())), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        Ring::load(&path).unwrap();
    }

    #[test]
    fn an_existing_key_file_is_never_replaced() {
        let Place { path, random, folder } = place();
        let first = Ring::create(&path, &random).unwrap();
        assert!(matches!(Ring::create(&path, &random), Err(RingError::Exists { .. })));
        assert_eq!(Ring::load(&path).unwrap().fingerprint(), first.fingerprint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_missing_or_no_key_file_is_named_so() {
        let Place { path, folder, .. } = place();
        assert!(matches!(Ring::load(&path), Err(RingError::Missing { .. })));
        assert!(matches!(Ring::load(folder.path()), Err(RingError::UnknownVersion { .. })));
        for text in ["", "hello\n", "escriba key ring, version 2\n", "escriba key ring, version 10\n"] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(Ring::load(&path), Err(RingError::UnknownVersion { .. })), "{text:?}");
        }
    }

    #[test]
    fn two_rings_have_different_fingerprints() {
        let Place { folder, random, .. } = place();
        let one = Ring::create(&folder.path().join("one"), &random).unwrap();
        let two = Ring::create(&folder.path().join("two"), &random).unwrap();
        assert_ne!(one.fingerprint(), two.fingerprint());
    }

    #[test]
    fn after_rotation_both_keys_unwrap_and_the_new_one_wraps() {
        let Place { path, random, folder } = place();
        let mut ring = Ring::create(&path, &random).unwrap();
        let before = (ring.fingerprint(), ring.wrap(&DataKey::generate(&random), &BINDING, &random));
        ring.rotate(&path, &random).unwrap();
        let after = (ring.fingerprint(), ring.wrap(&DataKey::generate(&random), &BINDING, &random));

        let loaded = Ring::load(&path).unwrap();
        for ring in [&ring, &loaded] {
            ring.unwrap(&before.1, &BINDING).unwrap();
            ring.unwrap(&after.1, &BINDING).unwrap();
            assert!(!ring.wrapped_by_active(&before.1) && ring.wrapped_by_active(&after.1));
            assert_eq!(ring.fingerprint(), after.0);
        }
        assert_ne!(before.0, after.0);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_ring_names_the_root_key_it_lacks() {
        let Place { folder, random, .. } = place();
        let one = Ring::create(&folder.path().join("one"), &random).unwrap();
        let two = Ring::create(&folder.path().join("two"), &random).unwrap();
        let wrapped = one.wrap(&DataKey::generate(&random), &BINDING, &random);
        assert_eq!(two.unwrap(&wrapped, &BINDING).unwrap_err(), SealError::OtherKey { key: one.active.id });
    }

    #[test]
    fn a_data_key_moved_to_another_environment_does_not_unwrap() {
        let Place { path, random, folder: _folder } = place();
        let ring = Ring::create(&path, &random).unwrap();
        let wrapped = ring.wrap(&DataKey::generate(&random), &BINDING, &random);
        let elsewhere = Binding { environment: "web/test", ..BINDING };
        assert_eq!(ring.unwrap(&wrapped, &elsewhere).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn what_the_ring_seals_opens_for_its_purpose_and_after_a_rotation() {
        let Place { path, random, folder: _folder } = place();
        let mut ring = Ring::create(&path, &random).unwrap();
        let binding = Binding { organization: "", environment: "", purpose: Purpose::SignIn, extra: "" };
        let sealed = ring.seal(b"away", &binding, &random);
        assert_eq!(ring.open(&sealed, &Binding { extra: "other", ..binding }).unwrap_err(), SealError::Refused);
        let other = Binding { purpose: Purpose::Session, ..binding };
        assert_eq!(ring.open(&sealed, &other).unwrap_err(), SealError::Refused);
        ring.rotate(&path, &random).unwrap();
        assert_eq!(ring.open(&sealed, &binding).unwrap().expose().as_slice(), b"away");
    }

    #[test]
    fn no_changed_byte_of_the_file_goes_unnoticed() {
        let Place { path, random, folder: _folder } = place();
        Ring::create(&path, &random).unwrap();
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(Ring::load(&path).is_err(), "byte {at}");
            fs::write(&path, &bytes[..at]).unwrap();
            assert!(Ring::load(&path).is_err(), "cut at byte {at}");
        }
    }

    #[test]
    fn sections_of_a_later_version_are_kept_and_survive_a_rotation() {
        let Place { path, random, folder: _folder } = place();
        let created = Ring::create(&path, &random).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let (covered, _) = text.rsplit_once(CHECKSUM).unwrap();
        let later = "\n[log-signing-key]\n# Ed25519\nkey = abc\n\n[shape]\nof things = to come\n";
        write_with_checksum(&path, &format!("{covered}{later}"));

        let mut ring = Ring::load(&path).unwrap();
        assert_eq!(ring.fingerprint(), created.fingerprint());
        assert!(!format!("{ring:?}").contains("abc"));
        ring.rotate(&path, &random).unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains(later));
        Ring::load(&path).unwrap();
    }

    #[test]
    fn a_ring_that_makes_no_sense_is_refused_even_with_a_right_checksum() {
        let Place { path, folder: _folder, .. } = place();
        write_file(&path, V1);
        let (covered, _) = V1.rsplit_once(CHECKSUM).unwrap();
        let (head, section) = covered.split_once("\n\n").unwrap();
        let cases = [
            (head.to_owned(), "it has no keys"),
            (covered.replace("active", "unwrap"), "no root key is active"),
            (covered.replace("active", "sealing"), "a root key has an unknown use"),
            (format!("{covered}\n{section}"), "two root keys are active"),
            (covered.replace("use = active\n", ""), "a root key lacks an entry"),
            (covered.replace("use = active", "use = active\nuse = unwrap"), "a root key has an entry twice"),
            (covered.replace("use = active", "use = active\nuntil = 2040"), "a root key has an unknown entry"),
            (covered.replace("use = active", "use: active"), "a root key has a line that is no entry"),
            (covered.replace("id = ", "id = 00"), "a root key's identifier is not 16 bytes in hexadecimal"),
            (covered.replace("key = ", "key = !"), "a root key is not in base64"),
            (covered.replace("key = ", "key = AAAA"), "a root key is not 32 bytes long"),
        ];
        for (covered, what) in cases {
            write_with_checksum(&path, &covered);
            assert_eq!(damage(&path), what);
        }
    }

    #[test]
    fn log_keys_that_make_no_sense_are_refused_even_with_a_right_checksum() {
        let Place { path, random, folder: _folder } = place();
        Ring::create(&path, &random).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let (covered, _) = text.rsplit_once(CHECKSUM).unwrap();
        let (root, log) = covered.split_once("\n[log-key]").unwrap();
        let log = format!("\n[log-key]{log}");
        let other = SigningKey::generate(&random);
        let public = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, other.public());
        let public = format!("public = {public}\nof = ");
        let cases = [
            (log.replace("active", "verify"), "a log key has not the entries of its use"),
            (log.replace("active", "overlap"), "a log key has not the entries of its use"),
            (log.replace("active", "overlap\nuntil = 10"), "no log key is active"),
            (log.replace("active", "overlap\nuntil = soon"), "a log key's time is no number"),
            (log.replace("active", "signing"), "a log key has an unknown use"),
            (format!("{log}{log}"), "two log keys are active"),
            (log.replace("use = active\n", ""), "a log key lacks an entry"),
            (log.replace("use = active", "use = active\nuse = active"), "a log key has an entry twice"),
            (log.replace("use = active", "use = active\nby = me"), "a log key has an unknown entry"),
            (log.replace("use = active", "use: active"), "a log key has a line that is no entry"),
            (log.replace("\nkey = ", "\nkey = !"), "a log key is not in base64"),
            (log.replace("\nkey = ", "\nkey = AAAA"), "a log key is not 32 bytes long"),
            (log.replace("public = ", &public).replace("of = ", "# "), "a log key has the public key of another"),
        ];
        for (log, what) in cases {
            write_with_checksum(&path, &format!("{root}{log}"));
            assert_eq!(damage(&path), what);
        }
    }

    /// A ring outlives versions of this program: this one was made by the first, before logs were signed.
    #[test]
    fn a_key_file_of_the_first_version_is_still_read() {
        let Place { path, random, folder: _folder } = place();
        write_file(&path, V1);
        let wrapped = include_str!("../../tests/data/wrapped-v1.txt").trim_end();
        let wrapped = from_hex::<93>(wrapped).unwrap();

        let mut ring = Ring::load(&path).unwrap();
        let key = ring.unwrap(&wrapped, &BINDING).unwrap();
        assert_eq!(ring.fingerprint(), "bc75f9f2fb6eb828744870cf0b0f692f");
        assert_eq!(key.id().to_string(), "84acc16af38f59d2ddeb004751e48c2d");
        assert!(ring.log_keys().is_none());
        assert!(matches!(ring.rotate_log_key(&path, 0, 1, &random), Err(RingError::NoLogKey { .. })));

        ring.create_log_key(&path, &random).unwrap();
        let loaded = Ring::load(&path).unwrap();
        assert_eq!(loaded.fingerprint(), ring.fingerprint(), "a log key does not make it another ring");
        assert_eq!(loaded.log_keys().unwrap().active().public(), ring.log_keys().unwrap().active().public());
        loaded.unwrap(&wrapped, &BINDING).unwrap();
        assert!(matches!(ring.create_log_key(&path, &random), Err(RingError::HasLogKey { .. })));
    }

    #[test]
    fn a_key_file_with_log_keys_of_each_use_is_still_read_and_written_alike() {
        let Place { path, random, folder: _folder } = place();
        let mut ring = Ring::create(&path, &random).unwrap();
        ring.rotate_log_key(&path, 1_798_761_600, 1_798_761_700, &random).unwrap();
        ring.rotate_log_key(&path, 1_798_761_700, 1_798_761_800, &random).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), V1_LOG_KEYS);

        let loaded = Ring::load(&path).unwrap();
        let keys = loaded.log_keys().unwrap();
        assert_eq!(keys.public().count(), 3);
        assert_eq!(keys.signing(1_798_761_799).count(), 2);
        assert_eq!(keys.signing(1_798_761_800).count(), 1);
        assert_eq!(text::write(&loaded).as_str(), V1_LOG_KEYS);
    }

    #[test]
    fn each_rotation_leaves_the_other_keys_alone() {
        let Place { path, random, folder: _folder } = place();
        let mut ring = Ring::create(&path, &random).unwrap();
        let wrapped = ring.wrap(&DataKey::generate(&random), &BINDING, &random);
        ring.rotate_log_key(&path, 10, 20, &random).unwrap();
        let log_key = *ring.log_keys().unwrap().active().public();
        ring.rotate(&path, &random).unwrap();

        let loaded = Ring::load(&path).unwrap();
        loaded.unwrap(&wrapped, &BINDING).unwrap();
        assert_eq!(loaded.log_keys().unwrap().active().public(), &log_key);
        assert_eq!(loaded.log_keys().unwrap().signing(19).count(), 2);
    }

    #[test]
    fn debug_shows_identifiers_only() {
        let Place { path, random, folder: _folder } = place();
        let ring = Ring::create(&path, &random).unwrap();
        let shown = format!("{ring:?}");
        let log = hex(ring.log_keys().unwrap().active().public());
        let log = format!("Some(LogKeys {{ active: SigningKey({log}), earlier: [] }})");
        assert_eq!(shown, format!("Ring {{ active: {}, earlier: 0, log: {log}, .. }}", ring.active.id));
    }
}
