//! From an entry of the log to what a row shows of it.

use engine::Told;
use engine::ledger::entry::{TargetText, Told as Text};
use engine::ledger::{self, ActorKind, CredentialKind, Leaf, TargetKind};
use jiff::Timestamp;

use super::views::{Entry, EnvironmentRef, EventChoice, Moment, Outcome, Person, Sentence, links};

/// An entry, as a row shows it at a time.
pub(super) fn entry(told: &Told, organization: &str, now: i64) -> Entry {
    let entry = &told.entry;
    let leaf = entry.leaf.as_leaf();
    let target = entry.target().text();
    Entry {
        id: leaf.id().to_string(),
        index: Some(entry.index),
        who: who(entry),
        sentence: sentence(entry, target.as_ref()),
        event: event(&leaf),
        outcome: outcome(&leaf),
        environment: environment(&leaf, target, organization),
        at: moment(leaf.ts(), now),
        source: source(entry),
        credential: credential(&leaf, told.token_name.as_deref()),
    }
}

/// A time in microseconds, seen from another.
pub(super) fn moment(at: i64, now: i64) -> Moment {
    let time = |micros| Timestamp::from_microsecond(micros).unwrap_or_default();
    Moment::new(time(at), time(now))
}

fn who(entry: &ledger::Entry) -> Person {
    let leaf = entry.leaf.as_leaf();
    let actor = match entry.actor() {
        Text::Erased => return Person::nobody("Erased person"),
        Text::Text(actor) => Some(actor),
        Text::Nothing => None,
    };
    let (login, name) = actor.map(|actor| (actor.login, actor.name)).unwrap_or_default();
    match leaf.actor_kind() {
        Some(ActorKind::System) => Person::server(),
        Some(ActorKind::User) => Person::user(login, name),
        Some(ActorKind::Service | ActorKind::Team | ActorKind::Organization) => Person::service(login, name),
        Some(ActorKind::Operator) => Person::nobody(format!("{login} (operator)")),
        // The log can be filtered by whoever it has an identifier for.
        Some(ActorKind::Outsider) if leaf.actor_id().is_some() => Person::user(login, name),
        Some(ActorKind::Outsider) => Person::nobody(format!("{login} (outsider)")),
        Some(ActorKind::Anonymous) | None => Person::nobody("Anonymous"),
    }
}

/// The log's sentence. The name in it stands out where it stands in quotation marks.
fn sentence(entry: &ledger::Entry, target: Option<&TargetText>) -> Sentence {
    let text = ledger::sentence(entry);
    let subject = target.and_then(TargetText::best).unwrap_or_default();
    if text.contains(&format!("\"{subject}\"")) { Sentence::around(&text, &subject) } else { Sentence::plain(text) }
}

fn event(leaf: &Leaf<'_>) -> EventChoice {
    let id = leaf.event_type().to_owned();
    let name = leaf.event().map_or_else(|| id.clone(), |event| event.display_name().to_owned());
    EventChoice { id, name }
}

fn outcome(leaf: &Leaf<'_>) -> Outcome {
    match leaf.outcome_word() {
        Some("succeeded") => Outcome::Succeeded,
        Some("denied") => Outcome::Denied,
        Some("failed") => Outcome::Failed,
        Some("intended") => Outcome::Intended,
        _ => Outcome::Unknown,
    }
}

/// The environment of an entry. Only one that was there leads somewhere.
fn environment(leaf: &Leaf<'_>, target: Option<TargetText>, organization: &str) -> Option<EnvironmentRef> {
    let target = target?;
    let (project, name) = (target.project?, target.environment?);
    let was_there = leaf.target_kind() == Some(TargetKind::Environment) && leaf.target_id().is_some();
    let href = was_there.then(|| links::environment(organization, &project, &name));
    Some(EnvironmentRef { project, name, href })
}

fn source(entry: &ledger::Entry) -> Option<String> {
    match entry.client() {
        Text::Text(client) => client.addr,
        Text::Erased => Some("erased".to_owned()),
        Text::Nothing => None,
    }
}

fn credential(leaf: &Leaf<'_>, token_name: Option<&str>) -> Option<String> {
    let kind = match leaf.credential_kind()? {
        CredentialKind::PersonalToken => "access token",
        CredentialKind::OrganizationToken => "organisation token",
        CredentialKind::TeamToken => "team token",
        CredentialKind::OidcToken => "OIDC token",
        CredentialKind::ConsoleSession => "console session",
        CredentialKind::Password => "password",
        CredentialKind::OneTimeLink => "one-time link",
        CredentialKind::LocalCli => "shell of the host",
        CredentialKind::Internal | CredentialKind::None => return None,
    };
    Some(match token_name.filter(|name| !name.is_empty()) {
        Some(name) => format!("token “{name}”"),
        None => kind.to_owned(),
    })
}
