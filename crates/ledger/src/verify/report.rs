//! What a verification found.

use std::fmt;

/// The judgement, in the order of its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything was checked, and all of it is as it was.
    Verified,
    /// All of it fits together, but nobody whom the user trusts signed it.
    SignerUnknown,
    /// Texts are missing, and no record says that they were destroyed.
    OpeningsMissing,
    /// Something was changed.
    Tampered,
}

impl Verdict {
    /// The exit code of a program that only verifies; 2 is for its wrong use.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::SignerUnknown => 3,
            Self::OpeningsMissing => 4,
            Self::Tampered => 1,
        }
    }
}

/// The first place where something is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member of a bundle, a file, or a tile; empty for an archive as a whole.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u64>,
    /// What is wrong there.
    pub what: String,
}

impl Fault {
    pub(super) fn new(file: &str, line: impl Into<Option<u64>>, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: line.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            formatter.write_str(&self.file)?;
            if let Some(line) = self.line {
                write!(formatter, ", line {line}")?;
            }
            formatter.write_str(": ")?;
        }
        formatter.write_str(&self.what)
    }
}

/// What became of the texts that the leaves commit to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextsFound {
    /// How many commitments of the entries are opened.
    pub opened: u64,
    /// How many are not, and a record says that their openings were destroyed.
    pub destroyed: u64,
    /// How many are not, and the bundle says that it leaves them out.
    pub withheld: u64,
    /// How many are not, and nothing says why.
    pub missing: u64,
    /// The first of those.
    pub first_missing: Option<MissingText>,
}

/// A text that is missing without a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingText {
    /// The place of the entry in its log, or its row, if no place is known.
    pub entry: u64,
    /// The name of the statement.
    pub name: String,
}

/// What was checked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The judgement.
    pub verdict: Verdict,
    /// Where it fails first, if something was changed.
    pub fault: Option<Fault>,
    /// The origin of the log, as far as it is known.
    pub origin: String,
    /// How many entries were read.
    pub entries: u64,
    /// What became of their texts.
    pub texts: TextsFound,
    /// What holds, in sentences.
    pub shown: Vec<String>,
    /// What nobody should read into this, in sentences.
    pub not_shown: Vec<String>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            verdict: Verdict::Verified,
            fault: None,
            origin: String::new(),
            entries: 0,
            texts: TextsFound::default(),
            shown: Vec::new(),
            not_shown: Vec::new(),
        }
    }

    /// Something was changed: nothing else matters then, nor does what was found before.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.verdict = Verdict::Tampered;
        self.fault = Some(fault);
        self.shown.clear();
        self.not_shown.clear();
    }

    /// A judgement that is not as bad as that.
    pub(super) fn lower(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
    }

    pub(super) fn show(&mut self, sentence: impl Into<String>) {
        self.shown.push(sentence.into());
    }

    pub(super) fn do_not_show(&mut self, sentence: impl Into<String>) {
        self.not_shown.push(sentence.into());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Verified => "Verified: all of it is as it was written.",
            Verdict::SignerUnknown => "Consistent, but nobody whom you named signed it.",
            Verdict::OpeningsMissing => "Texts are missing without a record.",
            Verdict::Tampered => "TAMPERED: this is not what was written.",
        };
        writeln!(formatter, "{verdict}")?;
        if let Some(fault) = &self.fault {
            writeln!(formatter, "First place: {fault}")?;
        }
        if let Some(missing) = &self.texts.first_missing {
            writeln!(formatter, "First missing: `{}` of entry {}", missing.name, missing.entry)?;
        }
        for (title, sentences) in [("Shown:", &self.shown), ("Not shown:", &self.not_shown)] {
            if !sentences.is_empty() {
                writeln!(formatter, "\n{title}")?;
            }
            for sentence in sentences {
                writeln!(formatter, "- {sentence}")?;
            }
        }
        Ok(())
    }
}
