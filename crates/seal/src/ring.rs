//! The root keys, and the file that they live in.
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
//! [checksum]
//! sha256 = 9d1e…        of every byte before this section
//! ```
//!
//! Sections of other names are kept as they are and otherwise ignored: a later version may put its keys there, and this
//! one can still rewrite the file. The checksum finds accidents. It does not, and could not, find an attacker.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::digest::{from_hex, hex, sha256};
use crate::envelope::{Binding, SealError, Sealed};
use crate::key::{DataKey, Key, KeyId};
use crate::random::Random;
use crate::secret::{Secret, SecretString};

const TITLE: &str = "escriba key ring, version ";
const VERSION: &str = "1";
const WARNING: &str =
    "# Whoever has this file and the database can read every secret. Keep a copy apart from the database's.\n";
const ROOT_KEY: &str = "[root-key]";
const CHECKSUM: &str = "\n[checksum]\nsha256 = ";
/// Far above what a ring with every key of a decade needs.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// The root keys of a server: one that wraps new data keys, and earlier ones that still unwrap theirs.
pub struct Ring {
    active: Key,
    earlier: Vec<Key>,
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
        what: &'static str,
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
    /// Makes a ring with one root key, and its file.
    ///
    /// When this returns, the file is complete and on the disk, with its name. A crash before leaves no file of that
    /// name, at worst one that ends in `.new` and is of no use to anyone. An existing file is never replaced.
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self, RingError> {
        let ring = Self { active: Key::generate(random), earlier: Vec::new(), others: Secret::new(String::new()) };
        let new = ring.write_beside(path, random)?;
        let linked = fs::hard_link(&new, path);
        // The link is what counts; a leftover second name is harmless.
        fs::remove_file(&new).ok();
        match linked {
            Ok(()) => sync_folder(path).map_err(|source| io_error(path, source))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RingError::Exists { path: path.to_owned() });
            }
            Err(source) => return Err(io_error(path, source)),
        }
        Ok(ring)
    }

    /// Reads the ring from its file.
    pub fn load(path: &Path) -> Result<Self, RingError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => RingError::Missing { path: path.to_owned() },
            _ => io_error(path, source),
        })?;
        // Asked of the open file, not of the path, so that both checks and the read see one file.
        let metadata = file.metadata().map_err(|source| io_error(path, source))?;
        if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
            return Err(RingError::UnknownVersion { path: path.to_owned() });
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(RingError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o7777 });
        }
        let capacity = usize::try_from(metadata.len()).expect("the size is below the limit");
        let mut text = Zeroizing::new(String::with_capacity(capacity));
        match (&file).take(SIZE_LIMIT).read_to_string(&mut text) {
            Ok(_) => Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(RingError::UnknownVersion { path: path.to_owned() })
            }
            Err(source) => Err(io_error(path, source)),
        }
    }

    /// Makes a new root key the active one, in the file first and then here. The earlier ones go on unwrapping.
    ///
    /// The caller is the ring's only writer: it holds the lock of the data directory.
    pub fn rotate(&mut self, path: &Path, random: &dyn Random) -> Result<(), RingError> {
        let next = Self {
            active: Key::generate(random),
            earlier: std::iter::once(&self.active)
                .chain(&self.earlier)
                .map(|key| Key::new(key.id, key.bytes.clone()))
                .collect(),
            others: self.others.clone(),
        };
        let new = next.write_beside(path, random)?;
        let replaced = fs::rename(&new, path).and_then(|()| sync_folder(path));
        replaced.map_err(|source| io_error(path, source))?;
        *self = next;
        Ok(())
    }

    /// Encrypts a data key with the active root key. The result goes to the database; it has the shape of [`Sealed`].
    pub fn wrap(&self, key: &DataKey, binding: &Binding<'_>, random: &dyn Random) -> Vec<u8> {
        self.active.seal(binding, &*key.to_wrappable(), random).into_bytes()
    }

    /// Decrypts what [`wrap`](Self::wrap) gave for the same `binding`, with whichever root key wrapped it.
    pub fn unwrap(&self, wrapped: &[u8], binding: &Binding<'_>) -> Result<DataKey, SealError> {
        let sealed = Sealed::from_bytes(wrapped.to_vec())?;
        let wanted = sealed.key_id();
        let root = std::iter::once(&self.active)
            .chain(&self.earlier)
            .find(|key| key.id == wanted)
            .ok_or(SealError::OtherKey { key: wanted })?;
        DataKey::from_wrappable(&root.open(binding, &sealed)?).ok_or(SealError::Refused)
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

    /// Writes the ring to a new file in the folder of `path`, on the disk and under a name of its own.
    fn write_beside(&self, path: &Path, random: &dyn Random) -> Result<PathBuf, RingError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", hex(&random.array::<4>())));
        let new = path.with_file_name(name);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all()));
        match written {
            Ok(()) => Ok(new),
            Err(source) => {
                fs::remove_file(&new).ok();
                Err(io_error(path, source))
            }
        }
    }

    fn to_text(&self) -> Zeroizing<String> {
        let keys = 1 + self.earlier.len();
        // Sized so that it never grows: growing would leave copies of the keys behind.
        let mut text = Zeroizing::new(String::with_capacity(400 + 200 * keys + self.others.expose().len()));
        text.push_str(TITLE);
        text.push_str(VERSION);
        text.push('\n');
        text.push_str(WARNING);
        let uses = std::iter::once("active").chain(std::iter::repeat("unwrap"));
        for (key, usage) in std::iter::once(&self.active).chain(&self.earlier).zip(uses) {
            let secret = Zeroizing::new(STANDARD.encode(*key.bytes));
            for part in
                ["\n", ROOT_KEY, "\nid = ", &hex(key.id.as_bytes()), "\nuse = ", usage, "\nkey = ", &secret, "\n"]
            {
                text.push_str(part);
            }
        }
        text.push_str(self.others.expose());
        let checksum = hex(&sha256(text.as_bytes()));
        text.push_str(CHECKSUM);
        text.push_str(&checksum);
        text.push('\n');
        text
    }

    fn parse(path: &Path, text: &str) -> Result<Self, RingError> {
        let damaged = |what| RingError::Damaged { path: path.to_owned(), what };
        // The version comes before the checksum: a later version may compute another.
        let version = text.strip_prefix(TITLE).and_then(|rest| rest.lines().next());
        if version != Some(VERSION) {
            return Err(RingError::UnknownVersion { path: path.to_owned() });
        }
        let (covered, checksum) = text.rsplit_once(CHECKSUM).ok_or_else(|| damaged("its end is missing"))?;
        if checksum.strip_suffix('\n') != Some(&hex(&sha256(covered.as_bytes()))) {
            return Err(damaged("its checksum does not match"));
        }

        let mut active = None;
        let mut earlier = Vec::new();
        let mut others = Zeroizing::new(String::with_capacity(text.len()));
        let (_, sections) = covered.split_once("\n\n").ok_or_else(|| damaged("it has no keys"))?;
        for section in sections.split("\n\n") {
            let Some(entries) = section.strip_prefix(ROOT_KEY) else {
                others.push('\n');
                others.push_str(section.trim_end_matches('\n'));
                others.push('\n');
                continue;
            };
            let (key, usage) = parse_root_key(entries).map_err(damaged)?;
            match usage {
                "active" if active.is_none() => active = Some(key),
                "active" => return Err(damaged("two root keys are active")),
                "unwrap" => earlier.push(key),
                _ => return Err(damaged("a root key has an unknown use")),
            }
        }
        let active = active.ok_or_else(|| damaged("no root key is active"))?;
        Ok(Self { active, earlier, others: Secret::new(std::mem::take(&mut *others)) })
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("active", &self.active.id)
            .field("earlier", &self.earlier.len())
            .finish_non_exhaustive()
    }
}

/// Reads the entries of one root key, each exactly once.
fn parse_root_key(entries: &str) -> Result<(Key, &str), &'static str> {
    let (mut id, mut usage, mut secret) = (None, None, None);
    for line in entries.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once(" = ").ok_or("a root key has a line that is no entry")?;
        let slot = match name {
            "id" => &mut id,
            "use" => &mut usage,
            "key" => &mut secret,
            _ => return Err("a root key has an unknown entry"),
        };
        if slot.replace(value).is_some() {
            return Err("a root key has an entry twice");
        }
    }
    let (Some(id), Some(usage), Some(secret)) = (id, usage, secret) else { return Err("a root key lacks an entry") };
    let id = from_hex(id).ok_or("a root key's identifier is not 16 bytes in hexadecimal")?;
    let secret = Zeroizing::new(STANDARD.decode(secret).map_err(|_| "a root key is not in base64")?);
    let bytes = <[u8; 32]>::try_from(secret.as_slice()).map_err(|_| "a root key is not 32 bytes long")?;
    Ok((Key::new(KeyId(id), Zeroizing::new(bytes)), usage))
}

fn io_error(path: &Path, source: io::Error) -> RingError {
    RingError::Io { path: path.to_owned(), source }
}

/// Makes the names in the folder of `path` durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{Purpose, SeededRandom};

    const BINDING: Binding<'static> =
        Binding { organization: "acme", environment: "web/prod", purpose: Purpose::DataKey, extra: "" };

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

    /// Writes a key file with these bytes before its checksum.
    fn write_with_checksum(path: &Path, covered: &str) {
        fs::write(path, format!("{covered}{CHECKSUM}{}\n", hex(&sha256(covered.as_bytes())))).unwrap();
    }

    fn damage(path: &Path) -> &'static str {
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
        let Place { path, random, folder: _folder } = place();
        Ring::create(&path, &random).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let (covered, _) = text.rsplit_once(CHECKSUM).unwrap();
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

    /// A ring outlives versions of this program: this one was made by the first.
    #[test]
    fn a_key_file_of_the_first_version_is_still_read() {
        let Place { path, random, folder: _folder } = place();
        fs::write(&path, include_str!("../tests/data/ring-v1.txt")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let wrapped = include_str!("../tests/data/wrapped-v1.txt").trim_end();
        let wrapped = from_hex::<93>(wrapped).unwrap();

        let ring = Ring::load(&path).unwrap();
        let key = ring.unwrap(&wrapped, &BINDING).unwrap();
        assert_eq!(ring.fingerprint(), "bc75f9f2fb6eb828744870cf0b0f692f");
        assert_eq!(key.id().to_string(), "84acc16af38f59d2ddeb004751e48c2d");

        let again = place();
        Ring::create(&again.path, &random).unwrap();
        assert_eq!(fs::read(&again.path).unwrap(), fs::read(&path).unwrap(), "and this version writes the same");
    }

    #[test]
    fn debug_shows_identifiers_only() {
        let Place { path, random, folder: _folder } = place();
        let ring = Ring::create(&path, &random).unwrap();
        assert_eq!(format!("{ring:?}"), format!("Ring {{ active: {}, earlier: 0, .. }}", ring.active.id));
    }
}
