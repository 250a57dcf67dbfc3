//! What every answer that is no success looks like.

use serde::Serialize;

/// An error. `code` must equal the status: clients read it and not the status.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorBody {
    /// The HTTP status.
    pub code: u16,
    /// What went wrong and, where there is something to do, what.
    pub message: String,
    /// What is wrong with a definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// One thing that is wrong, or doubtful, in a definition.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnostic {
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// What.
    pub summary: String,
    /// Whether it is an error or a warning.
    pub severity: Severity,
    /// The document path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing was done.
    Error,
    /// It was done all the same.
    Warning,
}

/// A piece of a definition.
#[derive(Clone, Debug, Serialize)]
pub struct Range {
    /// `project/environment`, or `<yaml>`.
    pub environment: String,
    /// The first position.
    pub begin: Position,
    /// The position behind the last.
    pub end: Position,
}

/// A position in a definition.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in code points.
    pub column: usize,
    /// From 0.
    pub byte: usize,
}
