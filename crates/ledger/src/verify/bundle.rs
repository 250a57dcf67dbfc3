//! A bundle against everything that can be derived from it, and the keys that the user trusts.

use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::{Range, RangeInclusive};

use super::report::{Fault, Report, Verdict};
use super::texts::Texts;
use super::trust::{Judged, TrustRoots};
use super::{anchor, keys};
use crate::bundle::{
    ANCHOR, BundleKind, CATALOGUE, CHECKPOINT, ENTRIES, EVENTS, EntryText, KEYS, LONGEST_LINE, MANIFEST, MEMBERS,
    Manifest, OPENINGS, RANGE, README, ROWS, SERVER, SUMS, read_range, read_row,
};
use crate::leaf::Leaf;
use crate::opening::Opening;
use crate::proof::inclusion;
use crate::proof::range::RangeVerifier;
use crate::record::{MAX_LEAF, VERSION};
use crate::tree::{self, Hash};
use crate::zip::{Archive, Digests, ZipError};

/// The most that a member may have that is read as a whole.
const SMALL: u32 = 4 << 20;

/// The longest line of `proofs.tsv`: a place and 63 hashes.
const LONGEST_ROW: usize = 20 + 63 * 45;

/// Why a verification stops.
pub(super) enum Stop {
    /// The bundle cannot be read.
    Source(io::Error),
    /// Something is wrong.
    Fault(Fault),
}

/// Checks a bundle. What cannot be read at all is an error; everything else is in the report.
pub fn verify_bundle<R: Read + Seek>(source: R, trust: &TrustRoots) -> io::Result<Report> {
    let mut report = Report::new();
    match check(source, trust, &mut report) {
        Ok(()) => {}
        Err(Stop::Source(error)) => return Err(error),
        Err(Stop::Fault(fault)) => report.fail(fault),
    }
    Ok(report)
}

fn check<R: Read + Seek>(source: R, trust: &TrustRoots, report: &mut Report) -> Result<(), Stop> {
    let mut bundle = Bundle::open(source)?;
    report.origin.clone_from(&bundle.manifest.origin);
    let changes = keys::read(&bundle.whole(KEYS)?, trust)?;
    let checkpoint = bundle.whole(CHECKPOINT)?;
    let checkpoint = trust.judge(&checkpoint, &changes).map_err(|what| Fault::new(CHECKPOINT, None, what))?;
    if checkpoint.origin() != bundle.manifest.origin {
        return Err(Fault::new(CHECKPOINT, None, "it is the checkpoint of another log").into());
    }
    let mut texts = Texts::default();
    bundle.openings(&mut texts)?;
    let places = match bundle.manifest.kind {
        BundleKind::Range => bundle.range(&checkpoint, &mut texts, report)?,
        BundleKind::Filtered => bundle.rows(&checkpoint, &mut texts, report)?,
    };
    if let Some(line) = texts.first_needless() {
        return Err(Fault::new(OPENINGS, u64::from(line), "no entry commits to this opening").into());
    }
    bundle.explanations(&checkpoint, &mut texts)?;
    report.texts = texts.judge(&bundle.manifest.withheld, |ordinal| places.of(ordinal));
    let mut server = None;
    if bundle.has(ANCHOR) {
        let (anchor, note) = (bundle.whole(ANCHOR)?, bundle.whole(SERVER)?);
        server = Some(anchor::check(&anchor, &note, &checkpoint, trust, &changes, report)?);
    }
    for name in [CATALOGUE, README] {
        bundle.whole(name)?;
    }
    conclude(&bundle.manifest, &checkpoint, server.as_ref(), report);
    Ok(())
}

/// Where the entries of a bundle stand in their log.
enum EntryPlaces {
    From(u64),
    Each(Vec<u64>),
}

impl EntryPlaces {
    fn of(&self, ordinal: u64) -> u64 {
        match self {
            Self::From(begin) => begin + ordinal,
            Self::Each(places) => {
                usize::try_from(ordinal).ok().and_then(|at| places.get(at)).copied().unwrap_or(ordinal)
            }
        }
    }
}

/// A bundle whose archive and manifest were checked.
struct Bundle<R> {
    archive: Archive<R>,
    manifest: Manifest,
}

impl<R: Read + Seek> Bundle<R> {
    fn open(source: R) -> Result<Self, Stop> {
        let mut archive = Archive::open(source, &MEMBERS)?;
        let text = whole(&mut archive, MANIFEST)?.0;
        let wrong = |what: &str| Stop::from(Fault::new(MANIFEST, None, what));
        let manifest = Manifest::read(&text).map_err(wrong)?;
        let has_server = archive.members().iter().any(|member| [ANCHOR, SERVER].contains(&member.name));
        if !archive.members().iter().map(|member| member.name).eq(manifest.expected(has_server)) {
            return Err(Fault::new("", None, "it has other members than a bundle of its kind").into());
        }
        if !manifest.lists(archive.members().iter().map(|member| member.name)) {
            return Err(wrong("it does not list the members that are there"));
        }
        Ok(Self { archive, manifest })
    }

    fn has(&self, name: &str) -> bool {
        self.archive.members().iter().any(|member| member.name == name)
    }

    /// A small member, whose digests are those of the manifest.
    fn whole(&mut self, name: &'static str) -> Result<String, Stop> {
        let (text, digests) = whole(&mut self.archive, name)?;
        match self.manifest.files.get(name) {
            Some(facts) if facts.bytes != text.len() as u64 || !facts.agree(&digests) => Err(changed(name)),
            _ => Ok(text),
        }
    }

    /// Every line of a member, without its line feed; the digests are checked after the last one, so that what is
    /// wrong in a line is found there.
    fn lines(
        &mut self,
        name: &'static str,
        longest: usize,
        mut take: impl FnMut(u64, &str) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let place = place(&self.archive, name)?;
        let mut reader = BufReader::with_capacity(1 << 16, self.archive.read(place)?);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let count = (&mut reader).take(longest as u64 + 1).read_until(b'\n', &mut line).map_err(ZipError::from)?;
            if count == 0 {
                break;
            }
            number += 1;
            let wrong = |what| Stop::from(Fault::new(name, number, what));
            let text = line.strip_suffix(b"\n").ok_or_else(|| wrong("it is too long, or has no end"))?;
            take(number, std::str::from_utf8(text).map_err(|_| wrong("it is not UTF-8"))?)?;
        }
        let digests = reader.into_inner().finish()?;
        match self.manifest.files.get(name) {
            Some(facts) if facts.agree(&digests) => Ok(()),
            _ => Err(changed(name)),
        }
    }

    fn openings(&mut self, texts: &mut Texts) -> Result<(), Stop> {
        let mut whole = String::new();
        self.lines(OPENINGS, LONGEST_LINE, |number, line| {
            whole.clear();
            whole.push_str(line);
            whole.push('\n');
            let opening = Opening::parse_line(&whole).and_then(|opening| opening.verify().map(|()| opening));
            let opening = opening.map_err(|error| Fault::new(OPENINGS, number, error.to_string()))?;
            texts.give(&opening, number);
            Ok(())
        })
    }

    /// The first bytes of the hash of each leaf. They prove nothing, but tell which line was changed.
    fn sums(&mut self) -> Result<Vec<u32>, Stop> {
        let mut sums = Vec::new();
        self.lines(SUMS, 8, |number, line| {
            let hexadecimal = line.len() == 8 && line.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            let sum = hexadecimal.then(|| u32::from_str_radix(line, 16).ok()).flatten();
            sums.push(sum.ok_or_else(|| Fault::new(SUMS, number, "it is not eight hexadecimal digits"))?);
            Ok(())
        })?;
        Ok(sums)
    }

    /// Reads the leaves, and hands the hash of each over with its number, counted from 0.
    fn leaves(
        &mut self,
        texts: &mut Texts,
        report: &mut Report,
        mut take: impl FnMut(u64, Hash) -> Result<(), Stop>,
    ) -> Result<Option<RangeInclusive<i64>>, Stop> {
        let sums = self.sums()?;
        let origin = self.manifest.origin.clone();
        let (mut times, mut unknown) = (None::<RangeInclusive<i64>>, 0_u64);
        self.lines(EVENTS, MAX_LEAF, |number, line| {
            let wrong = |what: &str| Stop::from(Fault::new(EVENTS, number, what));
            let leaf = Leaf::parse(line.as_bytes()).map_err(|error| wrong(&error.to_string()))?;
            let hash = tree::leaf_hash(leaf.as_bytes());
            let ordinal = number - 1;
            let sum = usize::try_from(ordinal).ok().and_then(|at| sums.get(at));
            if sum.map(|sum| sum.to_be_bytes()).as_ref() != hash.first_chunk() {
                return Err(wrong("it is not the entry that was exported here"));
            }
            if leaf.log() != origin {
                return Err(wrong("it is an entry of another log"));
            }
            let first = times.as_ref().map_or(leaf.ts(), |times| *times.start());
            if times.replace(first..=leaf.ts()).is_some_and(|before| *before.end() > leaf.ts()) {
                return Err(wrong("its time is before that of the entry before it"));
            }
            if leaf.version() != VERSION || leaf.event().is_none() {
                unknown += 1;
            }
            let other = |name: &str| wrong(&format!("the opening of its `{name}` speaks of something else"));
            texts.need(&leaf, ordinal).map_err(other)?;
            report.entries = number;
            take(ordinal, hash)
        })?;
        if report.entries != self.manifest.entries || report.entries != sums.len() as u64 {
            return Err(Fault::new(EVENTS, None, "it has another number of entries than the manifest says").into());
        }
        if unknown > 0 {
            report.do_not_show(format!(
                "What {unknown} of the entries mean: this version does not know their type, or their format."
            ));
        }
        Ok(times)
    }

    /// Every entry of a range.
    fn range(&mut self, checkpoint: &Judged, texts: &mut Texts, report: &mut Report) -> Result<EntryPlaces, Stop> {
        let wrong = |what: &str| Stop::from(Fault::new(RANGE, None, what));
        let text = self.whole(RANGE)?;
        let (range, size, proof) = read_range(&text).ok_or_else(|| wrong("it is not a proof of a range"))?;
        if size != checkpoint.size() {
            return Err(wrong("it is about a tree of another size than the checkpoint"));
        }
        if range != (self.manifest.range.begin..self.manifest.range.end) {
            return Err(wrong("it is about another range than the manifest"));
        }
        let begin = range.start;
        let verifier = RangeVerifier::new(range.clone(), size, &proof);
        let mut verifier = verifier.map_err(|error| wrong(&error.to_string()))?;
        let times = self.leaves(texts, report, |ordinal, hash| {
            let too_many = |_| Fault::new(EVENTS, ordinal + 1, "there are more entries than the range has");
            Ok(verifier.push(hash).map_err(too_many)?)
        })?;
        let too_few = |_| Stop::from(Fault::new(EVENTS, None, "there are fewer entries than the range has"));
        if verifier.finish().map_err(too_few)? != *checkpoint.root() {
            return Err(wrong("entries and proof do not lead to the root of the checkpoint"));
        }
        if !self.reaches_beyond(&range, size, times.as_ref()) {
            let what = "the entries do not reach beyond the span of time that it says they cover";
            return Err(Fault::new(MANIFEST, None, what).into());
        }
        report.show(format!(
            "Every entry from {begin} on, before {}, is there, unchanged and in order: {} entries of {size} in the log.",
            range.end, report.entries,
        ));
        Ok(EntryPlaces::From(begin))
    }

    /// Whether the range shows that no other entry lies in the span of time that was asked for.
    fn reaches_beyond(&self, range: &Range<u64>, size: u64, times: Option<&RangeInclusive<i64>>) -> bool {
        self.manifest.window.is_none_or(|window| {
            let before = range.start == 0 || times.is_some_and(|times| *times.start() < window.from);
            let after = range.end == size || times.is_some_and(|times| *times.end() >= window.until);
            before && after
        })
    }

    /// Some entries, each with its own proof.
    fn rows(&mut self, checkpoint: &Judged, texts: &mut Texts, report: &mut Report) -> Result<EntryPlaces, Stop> {
        let mut hashes = Vec::new();
        self.leaves(texts, report, |_, hash| {
            hashes.push(hash);
            Ok(())
        })?;
        let (size, root) = (checkpoint.size(), *checkpoint.root());
        let mut places: Vec<u64> = Vec::new();
        self.lines(ROWS, LONGEST_ROW, |number, line| {
            let wrong = |what: &str| Stop::from(Fault::new(ROWS, number, what));
            let (index, proof) = read_row(line).ok_or_else(|| wrong("it is not a proof of inclusion"))?;
            if places.last().is_some_and(|last| *last >= index) {
                return Err(wrong("its entry does not stand after the one before it"));
            }
            let hash = hashes.get(places.len()).ok_or_else(|| wrong("it belongs to no entry"))?;
            let proved = inclusion::verify(*hash, index, size, &root, &proof);
            proved.map_err(|error| wrong(&format!("entry {index}: {error}")))?;
            places.push(index);
            Ok(())
        })?;
        if places.len() != hashes.len() {
            return Err(Fault::new(ROWS, None, "it has fewer proofs than there are entries").into());
        }
        report
            .show(format!("Each of the {} entries is authentic: it stands in the log as it is here.", report.entries));
        report.do_not_show("That no entry is missing: the bundle holds a choice of them.");
        Ok(EntryPlaces::Each(places))
    }

    /// Entries outside of the range that explain something in it.
    fn explanations(&mut self, checkpoint: &Judged, texts: &mut Texts) -> Result<u64, Stop> {
        let (size, root) = (checkpoint.size(), *checkpoint.root());
        let origin = self.manifest.origin.clone();
        let mut count = 0;
        self.lines(ENTRIES, LONGEST_LINE, |number, line| {
            let wrong = |what: &str| Stop::from(Fault::new(ENTRIES, number, what));
            let entry = EntryText::read(line).ok_or_else(|| wrong("it is not an entry with its proof"))?;
            let leaf = Leaf::parse(entry.leaf().as_bytes()).map_err(|error| wrong(&error.to_string()))?;
            if leaf.log() != origin {
                return Err(wrong("it is an entry of another log"));
            }
            let proof = entry.proof().ok_or_else(|| wrong("its proof has something that is no hash"))?;
            let proved = inclusion::verify(tree::leaf_hash(leaf.as_bytes()), entry.index, size, &root, &proof);
            proved.map_err(|error| wrong(&error.to_string()))?;
            let openings = entry.openings().ok_or_else(|| wrong("it has something that is no opening"))?;
            for opening in &openings {
                opening.verify().map_err(|error| wrong(&error.to_string()))?;
                if leaf.commitment(&opening.name) != Some(opening.commitment) {
                    return Err(wrong("its leaf does not commit to one of its openings"));
                }
            }
            if !texts.explained(&leaf, &openings, entry.index) {
                return Err(wrong("it records a destruction without saying of what"));
            }
            count = number;
            Ok(())
        })?;
        Ok(count)
    }
}

fn conclude(manifest: &Manifest, checkpoint: &Judged, server: Option<&Judged>, report: &mut Report) {
    let texts = &report.texts;
    let sentences = [
        (texts.opened, "texts are those that the entries commit to."),
        (texts.destroyed, "texts were destroyed, and the log has the record of it."),
        (texts.withheld, "texts are withheld: the bundle says so, and nothing shows why."),
    ];
    let sentences: Vec<_> = sentences.iter().filter(|(count, _)| *count > 0).collect();
    for (count, sentence) in sentences {
        report.show(format!("{count} {sentence}"));
    }
    if report.texts.missing > 0 {
        report.lower(Verdict::OpeningsMissing);
        report.do_not_show(format!("What {} texts said: they are missing without a record.", report.texts.missing));
    }
    // Witnesses see the log of the server; what it anchors is seen with it.
    let by_witnesses =
        checkpoint.meets_policy() || server.is_some_and(|server| server.is_signed() && server.meets_policy());
    checkpoint.conclude(by_witnesses, report);
    if let Some(server) = server {
        server.conclude(true, report);
    }
    report.do_not_show("That the log was right to say what it says: it is the word of the server that wrote it.");
    report.do_not_show("When the entries were written: only a witness could say that they were there at a time.");
    report.do_not_show(format!(
        "Who made this bundle, when, and for what: that it is of {:?} is its own word.",
        manifest.exporter,
    ));
}

fn whole<R: Read + Seek>(archive: &mut Archive<R>, name: &'static str) -> Result<(String, Digests), Stop> {
    let place = place(archive, name)?;
    if archive.members()[place].unpacked > SMALL {
        return Err(Fault::new(name, None, "it is too large").into());
    }
    let mut reading = archive.read(place)?;
    let mut bytes = Vec::new();
    reading.read_to_end(&mut bytes).map_err(ZipError::from)?;
    let digests = reading.finish()?;
    let text = String::from_utf8(bytes).map_err(|_| Fault::new(name, None, "it is not UTF-8"))?;
    Ok((text, digests))
}

fn place<R: Read + Seek>(archive: &Archive<R>, name: &str) -> Result<usize, Stop> {
    let place = archive.members().iter().position(|member| member.name == name);
    place.ok_or_else(|| Fault::new("", None, format!("it has no {name}")).into())
}

fn changed(name: &str) -> Stop {
    Fault::new(name, None, "it is not what the manifest says").into()
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ZipError> for Stop {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Source(error) => Self::Source(error),
            ZipError::Broken { member, what } => Fault::new(member.unwrap_or_default(), None, what).into(),
        }
    }
}
