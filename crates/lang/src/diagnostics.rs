//! What is wrong with a definition, and where.

use std::fmt;

use crate::source::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The result is not what the author meant, or is not there at all.
    Error,
    /// The result stands.
    Warning,
}

/// A finding about a definition. Never contains a secret value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in the words of the reference.
    pub summary: String,
    /// The text concerned, unless the finding is about the whole.
    pub range: Option<Range>,
    /// The document path concerned, such as `values.a["fn::join"][1]`; empty for the root.
    pub path: String,
}

impl Diagnostic {
    pub(crate) fn error(summary: impl Into<String>, range: Option<Range>, path: String) -> Self {
        Self { severity: Severity::Error, summary: summary.into(), range, path }
    }

    pub(crate) fn warning(summary: impl Into<String>, range: Option<Range>, path: String) -> Self {
        Self { severity: Severity::Warning, summary: summary.into(), range, path }
    }

    /// Whether this finding is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Prints the place, if any, and the summary on one line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Range { environment, begin, end }) = &self.range {
            write!(f, "{environment}:{},{}-", begin.line, begin.column)?;
            if begin.line != end.line {
                write!(f, "{},", end.line)?;
            }
            write!(f, "{}: ", end.column)?;
        }
        f.write_str(&self.summary)
    }
}
