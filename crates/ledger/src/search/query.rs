//! A query: what somebody asks of a log.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::clause::Clause;
use super::condition::Condition;
use super::facet::OF;
use super::parse;
use crate::words::TextKey;

/// What somebody asks of a log, as it was read from a text. Shown, it is a text that means the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<QueryTerm>,
}

/// One word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryTerm {
    /// Whether it must not hold.
    pub is_negated: bool,
    /// What is wanted.
    pub wanted: Wanted,
}

/// What one word of a query wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This must hold of the entry.
    Condition(Condition),
    /// The entry is not before this time, microseconds UTC.
    After(i64),
    /// The entry is before this time, microseconds UTC.
    Before(i64),
}

impl Query {
    pub(super) fn new(terms: Vec<QueryTerm>) -> Self {
        Self { terms }
    }

    /// Its words.
    pub fn terms(&self) -> &[QueryTerm] {
        &self.terms
    }

    /// Whether it asks for nothing in particular.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The time before which no entry is meant.
    pub fn after(&self) -> Option<i64> {
        self.terms.iter().find_map(|term| match term.wanted {
            Wanted::After(time) => Some(time),
            _ => None,
        })
    }

    /// The time from which on no entry is meant.
    pub fn before(&self) -> Option<i64> {
        self.terms.iter().find_map(|term| match term.wanted {
            Wanted::Before(time) => Some(time),
            _ => None,
        })
    }

    /// What must hold of an entry besides its time: all of these. Several values of one key are one clause, of which
    /// one must hold; each text, and each word that is negated, is a clause of its own.
    pub fn clauses(&self) -> Vec<Clause> {
        let mut clauses: Vec<(&str, Clause)> = Vec::new();
        for QueryTerm { is_negated, wanted } in &self.terms {
            let Wanted::Condition(condition) = wanted else { continue };
            let key = condition.key();
            let same = clauses.iter_mut().find(|(of, clause)| *of == key && !key.is_empty() && !clause.is_negated);
            match same {
                Some((_, clause)) if !is_negated => clause.any.push(condition.clone()),
                _ => clauses.push((key, Clause { is_negated: *is_negated, any: vec![condition.clone()] })),
            }
        }
        clauses.into_iter().map(|(_, clause)| clause).collect()
    }

    /// The query that the text parameters of a record say was asked, by the value of their opening.
    pub fn of_detail(value: &str) -> Option<Self> {
        let parameters: serde_json::Map<String, serde_json::Value> = serde_json::from_str(value).ok()?;
        parameters.get(TextKey::Query.as_str())?.as_str()?.parse().ok()
    }

    /// Whether it names somebody by a login.
    pub fn names(&self, login: &str) -> bool {
        let folded = login.to_lowercase();
        self.terms.iter().any(|term| match &term.wanted {
            Wanted::Condition(Condition::Login(named)) => named == login,
            Wanted::Condition(Condition::Text(text)) => *text == folded,
            _ => false,
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            if place > 0 {
                formatter.write_char(' ')?;
            }
            term.fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for QueryTerm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            formatter.write_char('-')?;
        }
        let (key, value) = match &self.wanted {
            Wanted::Condition(condition) => (condition.key(), condition.value()),
            Wanted::After(time) => ("after", shown_time(*time)),
            Wanted::Before(time) => ("before", shown_time(*time)),
        };
        if key.is_empty() {
            let is_plain = parse::is_plain_text(&value);
            return if is_plain { formatter.write_str(&value) } else { write_quoted(formatter, &value) };
        }
        write!(formatter, "{key}:")?;
        if parse::is_plain_value(&value) { formatter.write_str(&value) } else { write_quoted(formatter, &value) }
    }
}

impl Condition {
    /// The key by which a query asks for it; empty for a text.
    fn key(&self) -> &'static str {
        match self {
            Self::Actor(_) | Self::Login(_) => "user",
            Self::Event(_) | Self::OtherEvent(_) => "event",
            Self::Environment { .. } | Self::EnvironmentId(_) => "env",
            Self::Secret { .. } => "secret",
            Self::Address(_) => "ip",
            Self::Outcome(_) => "outcome",
            Self::Credential(_) | Self::CredentialKind(_) => "credential",
            Self::Request(_) => "request",
            Self::Text(_) => "",
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Actor(id) => id.to_string(),
            Self::Login(text) | Self::OtherEvent(text) | Self::Text(text) => text.clone(),
            Self::Event(event) => event.id().to_owned(),
            Self::Environment { project: None, name } => name.clone().unwrap_or_default(),
            Self::Environment { project: Some(project), name } => {
                format!("{project}/{}", name.as_deref().unwrap_or_default())
            }
            Self::EnvironmentId(id) => id.to_string(),
            Self::Secret { environment: None, path } => path.clone().unwrap_or_default(),
            Self::Secret { environment: Some(environment), path } => {
                format!("{environment}{OF}{}", path.as_deref().unwrap_or_default())
            }
            Self::Address(network) => network.to_string(),
            Self::Outcome(word) => (*word).to_owned(),
            Self::Credential(id) => id.to_string(),
            Self::CredentialKind(kind) => kind.to_string(),
            Self::Request(id) => id.to_string(),
        }
    }
}

fn shown_time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).unwrap_or_default().to_string()
}

fn write_quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            formatter.write_char('\\')?;
        }
        formatter.write_char(character)?;
    }
    formatter.write_char('"')
}
