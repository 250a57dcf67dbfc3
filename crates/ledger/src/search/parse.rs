//! Reading a query.
//!
//! Words stand between spaces. `key:value` asks for a value, anything else for a text; a minus before it turns it
//! around; what holds a space stands in quotation marks, in which a backslash takes the next character as it is.

use std::iter::Peekable;
use std::str::{CharIndices, FromStr};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::condition::{Condition, OUTCOMES};
use super::facet::OF;
use super::query::{Query, QueryTerm, Wanted};
use crate::event::{Event, documented};
use crate::words::CredentialKind;

/// The keys, each with what it takes.
pub const KEYS: [(&str, &str); 10] = [
    ("user", "a login, or the id of somebody in the log: `user:ada`"),
    ("event", "the identifier or the name of an event: `event:environment-open`"),
    ("env", "an environment, a project, a name or an id: `env:web/prod`, `env:web/`, `env:prod`"),
    ("secret", "the path of a secret, by its environment or not: `secret:db.password`, `secret:web/prod#db.password`"),
    ("ip", "an address or a range of them: `ip:192.0.2.7`, `ip:10.0.0.0/8`"),
    ("outcome", "one of `succeeded`, `denied`, `failed`, `unknown`, `intended`"),
    ("credential", "the id or the kind of a credential: `credential:personal-token`"),
    ("request", "the id of a request: `request:q_…`"),
    ("after", "a day or a moment, UTC: `after:2026-01-31`, `after:2026-01-31T09:15`"),
    ("before", "a day or a moment, UTC: `before:2026-01-31`, `before:2026-01-31T09:15`"),
];
/// How many bytes a query may have.
pub const LONGEST: usize = 2_000;
/// How many words a query may have.
pub const MOST: usize = 50;

/// A text that is no query, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at column {column}: {fault}")]
pub struct QueryError {
    /// The character, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: QueryFault,
}

/// What is wrong with a text that is no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// Too many bytes.
    #[error("a query has at most {LONGEST} bytes")]
    TooLong,
    /// Too many words.
    #[error("a query has at most {MOST} words")]
    TooMany,
    /// A key that there is not.
    #[error("`{0}` is no key; there are {known}, and a text with a colon stands in quotation marks", known = known_keys())]
    UnknownKey(String),
    /// A value that does not belong to its key.
    #[error("`{key}:` takes {expects}", expects = expects(.key))]
    Malformed {
        /// The key.
        key: &'static str,
    },
    /// An event that there is not.
    #[error("`{name}` is no event{}", nearest(.near))]
    UnknownEvent {
        /// What was typed.
        name: String,
        /// Events that may be meant.
        near: Vec<&'static str>,
    },
    /// A key that is given at most once.
    #[error("`{0}:` can be given only once")]
    Repeated(&'static str),
    /// A key that cannot be turned around.
    #[error("`{0}:` cannot have a minus before it")]
    Negated(&'static str),
    /// A minus with nothing after it, or an empty text.
    #[error("something must stand here")]
    Empty,
    /// A quotation mark without the other one.
    #[error("the quotation mark is never closed")]
    Unclosed,
    /// Something directly after a quotation mark.
    #[error("after a closing quotation mark comes a space")]
    Joined,
}

fn known_keys() -> String {
    KEYS.map(|(key, _)| format!("`{key}`")).join(", ")
}

fn expects(key: &str) -> &'static str {
    KEYS.iter().find(|(known, _)| *known == key).map_or("", |(_, expects)| expects)
}

fn nearest(near: &[&str]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let mut reader = Reader { text, characters: text.char_indices().peekable() };
        if text.len() > LONGEST {
            return Err(reader.error(0, QueryFault::TooLong));
        }
        let mut terms: Vec<QueryTerm> = Vec::new();
        while let Some(start) = reader.skip_space() {
            if terms.len() == MOST {
                return Err(reader.error(start, QueryFault::TooMany));
            }
            let term = reader.term(start)?;
            let is_same = |one: &QueryTerm| {
                matches!(
                    (&one.wanted, &term.wanted),
                    (Wanted::After(_), Wanted::After(_)) | (Wanted::Before(_), Wanted::Before(_))
                )
            };
            if terms.iter().any(is_same) {
                let key = if matches!(term.wanted, Wanted::After(_)) { "after" } else { "before" };
                return Err(reader.error(start, QueryFault::Repeated(key)));
            }
            terms.push(term);
        }
        Ok(Self::new(terms))
    }
}

/// Reads a text from left to right.
struct Reader<'a> {
    text: &'a str,
    characters: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    /// The byte at which the next word begins.
    fn skip_space(&mut self) -> Option<usize> {
        while self.characters.next_if(|(_, character)| character.is_whitespace()).is_some() {}
        self.characters.peek().map(|(at, _)| *at)
    }

    fn term(&mut self, start: usize) -> Result<QueryTerm, QueryError> {
        let is_negated = self.characters.next_if(|(_, character)| *character == '-').is_some();
        let at = self.at();
        let Some(key) = self.key() else {
            let text = self.value()?;
            if text.is_empty() {
                return Err(self.error(at, QueryFault::Empty));
            }
            return Ok(QueryTerm { is_negated, wanted: Wanted::Condition(Condition::Text(text.to_lowercase())) });
        };
        let Some((key, _)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let fault = QueryFault::UnknownKey(key.to_owned());
            return Err(self.error(at, fault));
        };
        // The key, and its colon.
        for _ in 0..=key.len() {
            self.characters.next();
        }
        let at = self.at();
        let value = self.value()?;
        let wanted = wanted(key, &value).map_err(|fault| self.error(at, fault))?;
        if is_negated && !matches!(wanted, Wanted::Condition(_)) {
            return Err(self.error(start, QueryFault::Negated(key)));
        }
        Ok(QueryTerm { is_negated, wanted })
    }

    /// The key that stands here.
    fn key(&mut self) -> Option<&str> {
        key_of(&self.text[self.at()..])
    }

    /// What stands here up to the next space, or between quotation marks.
    fn value(&mut self) -> Result<String, QueryError> {
        let start = self.at();
        let mut value = String::new();
        if self.characters.next_if(|(_, character)| *character == '"').is_none() {
            while let Some((_, character)) = self.characters.next_if(|(_, character)| !character.is_whitespace()) {
                value.push(character);
            }
            return Ok(value);
        }
        loop {
            match self.characters.next() {
                Some((_, '"')) => break,
                Some((_, '\\')) => value.extend(self.characters.next().map(|(_, character)| character)),
                Some((_, character)) => value.push(character),
                None => return Err(self.error(start, QueryFault::Unclosed)),
            }
        }
        match self.characters.peek() {
            Some((at, character)) if !character.is_whitespace() => {
                let at = *at;
                Err(self.error(at, QueryFault::Joined))
            }
            _ => Ok(value),
        }
    }

    /// The byte where it stands.
    fn at(&mut self) -> usize {
        self.characters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn error(&self, at: usize, fault: QueryFault) -> QueryError {
        QueryError { column: self.text[..at].chars().count() + 1, fault }
    }
}

/// The key that a word begins with. Addresses of IPv6 have colons, too, after digits.
fn key_of(word: &str) -> Option<&str> {
    let (key, _) = word.split_once(':')?;
    (!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(key)
}

/// Whether a text can stand without quotation marks.
pub(super) fn is_plain_text(text: &str) -> bool {
    is_plain_value(text) && !text.starts_with('-') && key_of(text).is_none()
}

/// Whether the value of a key can stand without quotation marks.
pub(super) fn is_plain_value(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('"') && !text.contains(char::is_whitespace)
}

fn wanted(key: &'static str, value: &str) -> Result<Wanted, QueryFault> {
    let condition = match key {
        "after" => return time(value).map(Wanted::After).ok_or(QueryFault::Malformed { key }),
        "before" => return time(value).map(Wanted::Before).ok_or(QueryFault::Malformed { key }),
        "event" => Some(event(value)?),
        "user" => match value.parse() {
            Ok(id) => Some(Condition::Actor(id)),
            Err(_) => (!value.is_empty()).then(|| Condition::Login(value.to_owned())),
        },
        "env" => environment(value),
        "secret" => secret(value),
        "ip" => value.parse().ok().map(Condition::Address),
        "outcome" => OUTCOMES.iter().find(|word| **word == value).map(|word| Condition::Outcome(word)),
        "credential" => match CredentialKind::from_word(value) {
            Some(kind) => Some(Condition::CredentialKind(kind)),
            None => value.parse().ok().map(Condition::Credential),
        },
        _ => value.parse().ok().map(Condition::Request),
    };
    condition.map(Wanted::Condition).ok_or(QueryFault::Malformed { key })
}

fn event(value: &str) -> Result<Condition, QueryFault> {
    if let Some(event) = Event::parse(value) {
        return Ok(Condition::Event(event));
    }
    if documented(value) {
        return Ok(Condition::OtherEvent(value.to_owned()));
    }
    if value.is_empty() {
        return Err(QueryFault::Malformed { key: "event" });
    }
    let folded = value.to_lowercase().replace(' ', "-");
    let near = Event::ALL.iter().map(|event| event.id());
    let near = near.filter(|id| id.contains(&folded) || folded.contains(id)).take(5).collect();
    Err(QueryFault::UnknownEvent { name: value.to_owned(), near })
}

fn environment(value: &str) -> Option<Condition> {
    if let Ok(id) = value.parse() {
        return Some(Condition::EnvironmentId(id));
    }
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match value.split_once('/') {
        None => given(value).map(|name| Condition::Environment { project: None, name: Some(name) }),
        Some((_, name)) if name.contains('/') => None,
        Some((project, name)) => {
            given(project).map(|project| Condition::Environment { project: Some(project), name: given(name) })
        }
    }
}

fn secret(value: &str) -> Option<Condition> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if let Some((environment, path)) = value.split_once(OF)
        && let Some((project, name)) = environment.split_once('/')
        && !project.is_empty()
        && !name.is_empty()
        && !name.contains('/')
    {
        return Some(Condition::Secret { environment: given(environment), path: given(path) });
    }
    given(value).map(|path| Condition::Secret { environment: None, path: Some(path) })
}

/// A day, a moment without a zone, which is UTC, or one with a zone; microseconds.
fn time(value: &str) -> Option<i64> {
    if let Ok(time) = value.parse::<Timestamp>() {
        return Some(time.as_microsecond());
    }
    let at = match value.parse::<Date>() {
        Ok(date) if value.len() == "2026-01-31".len() => date.to_datetime(jiff::civil::Time::midnight()),
        _ => value.parse::<DateTime>().ok()?,
    };
    Some(TimeZone::UTC.to_timestamp(at).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> Query {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn fault(text: &str) -> String {
        text.parse::<Query>().expect_err(text).to_string()
    }

    #[test]
    fn every_key_reads_its_values() {
        for text in [
            "user:ada",
            "user:m_hc2omuxejwt7fhrg",
            "event:environment-open",
            "event:stack-deleted",
            "env:web/prod",
            "env:web/",
            "env:prod",
            "env:e_f6uo3ueuxkl24rbo",
            "secret:db.password",
            "secret:web/prod#db.password",
            "secret:web/prod#",
            "secret:\"db[\\\"a b\\\"]\"",
            "ip:10.0.0.0/8",
            "ip:2001:db8::1",
            "outcome:denied",
            "credential:personal-token",
            "credential:t_ctniyzm44kyqz27z",
            "request:q_ikzey25e43wsi2uk",
            "after:2026-01-01T00:00:00Z before:2026-02-01T00:00:00Z",
            "-event:environment-open -user:ada",
            "password",
            "\"two words\" -\"user:ada\" \"-x\"",
            "2001:db8::1",
            "",
        ] {
            assert_eq!(query(text).to_string(), text);
        }
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for (text, shown) in [
            ("  user:ada \t outcome:denied\n", "user:ada outcome:denied"),
            ("user:\"ada\"", "user:ada"),
            ("event:\"Environment Open\"", "event:environment-open"),
            ("ip:10.1.2.3/8", "ip:10.0.0.0/8"),
            ("after:2026-01-31", "after:2026-01-31T00:00:00Z"),
            ("after:2026-01-31T09:15", "after:2026-01-31T09:15:00Z"),
            ("before:2026-01-31T09:15:00+01:00", "before:2026-01-31T08:15:00Z"),
            ("PassWord", "password"),
        ] {
            assert_eq!(query(text).to_string(), shown);
        }
    }

    #[test]
    fn an_error_says_where_and_what_is_possible() {
        assert_eq!(
            fault("user:ada usr:ben"),
            "at column 10: `usr` is no key; there are `user`, `event`, `env`, `secret`, `ip`, `outcome`, `credential`, \
             `request`, `after`, `before`, and a text with a colon stands in quotation marks"
        );
        assert_eq!(
            fault("é outcome:no"),
            "at column 11: `outcome:` takes one of `succeeded`, `denied`, `failed`, `unknown`, `intended`"
        );
        assert_eq!(
            fault("event:environment-opened"),
            "at column 7: `environment-opened` is no event; did you mean environment-open?"
        );
        assert_eq!(fault("event:xyzzy"), "at column 7: `xyzzy` is no event");
        for (text, column) in [
            ("user:", 6),
            ("ip:10.0.0.0/40", 4),
            ("env:a/b/c", 5),
            ("env:/b", 5),
            ("after:soon", 7),
            ("request:x", 9),
            ("a -", 4),
            ("a \"\"", 3),
            ("a \"b", 3),
            ("a \"b\"c", 6),
            ("-after:2026-01-01", 1),
            ("before:2026-01-01 before:2026-01-02", 19),
        ] {
            assert_eq!(text.parse::<Query>().expect_err(text).column, column, "{text}");
        }
        assert_eq!("a ".repeat(51).parse::<Query>().unwrap_err().fault, QueryFault::TooMany);
        assert_eq!("a".repeat(2_001).parse::<Query>().unwrap_err().fault, QueryFault::TooLong);
    }

    #[test]
    fn values_of_one_key_are_alternatives_and_texts_are_not() {
        let clauses = query("user:ada event:environment-open user:ben -user:eve -user:mallory one two").clauses();
        let shape: Vec<_> = clauses.iter().map(|clause| (clause.is_negated, clause.any.len())).collect();
        assert_eq!(shape, [(false, 2), (false, 1), (true, 1), (true, 1), (false, 1), (false, 1)]);
    }

    #[test]
    fn a_query_names_whoever_it_asks_for() {
        assert!(query("outcome:denied -user:ada").names("ada"));
        assert!(query("Ada").names("ADA"));
        assert!(!query("user:adam adam \"ada b\"").names("ada"));
    }

    fn word() -> impl Strategy<Value = String> {
        let key = prop::sample::select(KEYS.map(|(key, _)| key).to_vec());
        let good = prop::sample::select(vec![
            "ada",
            "environment-open",
            "web/prod",
            "web/prod#db.password",
            "10.0.0.0/8",
            "denied",
            "personal-token",
            "q_ikzey25e43wsi2uk",
            "2026-01-01",
        ]);
        let value = prop_oneof![good.prop_map(str::to_owned), "[a-z/#:.\"\\\\ é-]{0,8}"];
        prop_oneof![
            (key.clone(), value.clone()).prop_map(|(key, value)| format!("{key}:{value}")),
            (key, value.clone()).prop_map(|(key, value)| format!("-{key}:{value:?}")),
            value.clone().prop_map(|value| format!("{value:?}")),
            value,
        ]
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(words in prop::collection::vec(word(), 0..6)) {
            if let Ok(query) = words.join(" ").parse::<Query>() {
                prop_assert_eq!(query.to_string().parse::<Query>(), Ok(query));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_at_a_place_in_it(text in ".{0,60}") {
            match text.parse::<Query>() {
                Ok(query) => prop_assert_eq!(query.to_string().parse::<Query>(), Ok(query)),
                Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column)),
            }
        }
    }
}
