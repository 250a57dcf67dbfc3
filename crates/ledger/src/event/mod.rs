//! The catalogue: every event that this server can write.

mod catalogue;
mod documented;
mod keys;

pub use catalogue::Event;
pub use documented::documented;
pub use keys::{DetailKey, DetailKind};

/// What an event is about: the categories of the hosted product's catalogue, and two of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Environments and their revisions.
    Environments,
    /// Signing in, and refusals.
    Authentication,
    /// Access tokens.
    AccessTokens,
    /// Organisations and their members.
    Organization,
    /// The audit log itself.
    AuditLog,
    /// The server and its accounts.
    Server,
}

impl Category {
    /// The word for the category.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Environments => "environments",
            Self::Authentication => "authentication",
            Self::AccessTokens => "access-tokens",
            Self::Organization => "organization",
            Self::AuditLog => "audit-log",
            Self::Server => "server",
        }
    }
}

/// What the catalogue says of an event.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) category: Category,
    pub(crate) requires_org_admin: bool,
    pub(crate) authentication_failure: bool,
    /// Other spellings that a filter accepts.
    pub(crate) also: &'static [&'static str],
    pub(crate) about: &'static str,
    /// The sentence of a record that succeeded, as `describe` reads it.
    pub(crate) past: &'static str,
    /// The same after "Tried to".
    pub(crate) infinitive: &'static str,
    pub(crate) detail: &'static [DetailKey],
}

impl Facts {
    const fn new(name: &'static str, category: Category) -> Self {
        Self {
            name,
            category,
            requires_org_admin: false,
            authentication_failure: false,
            also: &[],
            about: "",
            past: "",
            infinitive: "",
            detail: &[],
        }
    }

    const fn requires_org_admin(self) -> Self {
        Self { requires_org_admin: true, ..self }
    }

    const fn authentication_failure(self) -> Self {
        Self { authentication_failure: true, ..self }
    }

    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    const fn sentence(self, past: &'static str, infinitive: &'static str) -> Self {
        Self { past, infinitive, ..self }
    }

    const fn detail(self, detail: &'static [DetailKey]) -> Self {
        Self { detail, ..self }
    }
}

impl Event {
    /// The identifier, as it stands in a leaf.
    pub const fn id(self) -> &'static str {
        self.as_str()
    }

    /// The name that people see.
    pub fn display_name(self) -> &'static str {
        self.facts().name
    }

    /// When the event is written, in a sentence.
    pub fn description(self) -> &'static str {
        self.facts().about
    }

    /// What the event is about.
    pub fn category(self) -> Category {
        self.facts().category
    }

    /// Whether only an administrator of the organisation can cause it.
    pub fn requires_org_admin(self) -> bool {
        self.facts().requires_org_admin
    }

    /// Whether the event is itself a failure to authenticate or to be authorised.
    pub fn authentication_failure(self) -> bool {
        self.facts().authentication_failure
    }

    /// The keys that its detail may hold.
    pub fn detail_keys(self) -> &'static [DetailKey] {
        self.facts().detail
    }

    /// The templates of its sentence: for what succeeded, and after "Tried to". `docs/log-format.md` says how they are
    /// read.
    pub fn templates(self) -> [&'static str; 2] {
        [self.facts().past, self.facts().infinitive]
    }

    /// Whether the event is one that the hosted product does not have.
    pub fn is_ours(self) -> bool {
        self.id().starts_with("escriba-")
    }

    /// Finds an event by identifier, display name or older spelling, whatever the case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| {
            let facts = event.facts();
            let mut spellings = [event.id(), facts.name].into_iter().chain(facts.also.iter().copied());
            spellings.any(|spelling| spelling.eq_ignore_ascii_case(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn identifiers_are_sorted_and_every_spelling_leads_to_one_event() {
        let ids: Vec<&str> = Event::ALL.iter().map(|event| event.id()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        let mut seen = BTreeSet::new();
        for event in Event::ALL {
            let facts = event.facts();
            for spelling in [event.id(), facts.name].iter().chain(facts.also) {
                assert!(seen.insert(spelling.to_lowercase()), "{spelling}");
                assert_eq!(Event::parse(&spelling.to_uppercase()), Some(*event));
            }
            assert_eq!(Event::from_word(event.id()), Some(*event));
        }
    }

    #[test]
    fn detail_keys_are_sorted_and_fit_the_lexical_law() {
        for event in Event::ALL {
            let names: Vec<&str> = event.detail_keys().iter().map(|key| key.name).collect();
            assert!(names.is_sorted_by(|a, b| a < b), "{event}: {names:?}");
            for name in names {
                assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
                assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{name}");
            }
        }
    }

    #[test]
    fn an_event_that_we_never_write_is_known_and_nonsense_is_not() {
        assert!(documented("Stack Deleted"));
        assert!(documented("CHANGE-GATE-CREATED"));
        assert!(documented("environment-open"));
        assert!(documented("Environment Version Tag Delete"));
        assert!(!documented("environment-opened"));
        assert_eq!(Event::parse("environment revision tag open"), Some(Event::EnvironmentRevisionTagOpen));
        assert_eq!(Event::parse("change-gate-created"), None);
    }
}
