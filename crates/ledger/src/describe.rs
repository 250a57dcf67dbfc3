//! The sentence that people read of an entry: a frozen function of its leaf and openings.
//!
//! The catalogue holds a template for each event. Plain text stands for itself; `{…}` is a place; `[…|…]` is the first
//! of its alternatives whose places are all known, or nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::canonical;
use crate::entry::{Entry, Told};
use crate::record::VERSION;
use crate::words::StatementName;

/// What stands for a text that was erased.
pub(crate) const ERASED: &str = "[erased]";

/// Says what happened. Always one line.
pub fn sentence(entry: &Entry) -> String {
    let mut text = String::with_capacity(128);
    write(&mut text, entry);
    text
}

fn write(text: &mut String, entry: &Entry) {
    let leaf = entry.leaf.as_leaf();
    let Some(event) = leaf.event().filter(|_| leaf.version() == VERSION) else {
        text.push_str("Recorded ");
        text.push_str(leaf.event_type());
        text.push_str(", whose meaning this version does not know");
        return;
    };
    let facts = event.facts();
    let places = Places { entry, target: entry.told(StatementName::Target) };
    let reason = leaf.reason_word().unwrap_or_default();
    let (before, between) = match leaf.outcome_word() {
        Some("succeeded") => return places.fill(text, facts.past),
        Some("intended") => ("Began to ", None),
        Some("unknown") => ("Tried to ", Some(", with unknown outcome: ")),
        _ => ("Tried to ", Some(": ")),
    };
    text.push_str(before);
    places.fill(text, facts.infinitive);
    if let Some(between) = between {
        text.push_str(between);
        said(text, reason);
    }
}

/// The names of what was acted on, as far as a sentence says them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    #[serde(borrow)]
    environment: Option<Name<'a>>,
    #[serde(borrow)]
    login: Option<Name<'a>>,
    #[serde(borrow)]
    name: Option<Name<'a>>,
    #[serde(borrow)]
    organization: Option<Name<'a>>,
    #[serde(borrow)]
    project: Option<Name<'a>>,
}

/// A text that stands in the opening as it is, but where it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Names<'_> {
    /// As [`TargetText::best`](crate::entry::TargetText::best).
    fn best(&self) -> Option<Cow<'_, str>> {
        let Some(environment) = &self.environment else {
            let best = self.login.as_ref().or(self.name.as_ref()).or(self.organization.as_ref());
            return best.map(|name| Cow::Borrowed(&*name.0));
        };
        let mut path = String::with_capacity(64);
        for part in [&self.organization, &self.project].into_iter().flatten() {
            path.push_str(&part.0);
            path.push('/');
        }
        path.push_str(&environment.0);
        Some(path.into())
    }
}

/// Answers the places of a template.
struct Places<'a> {
    entry: &'a Entry,
    target: Told<Names<'a>>,
}

impl Places<'_> {
    fn fill(&self, text: &mut String, template: &str) {
        let mut rest = template;
        while let Some(start) = rest.find(['[', '{']) {
            text.push_str(&rest[..start]);
            let group = rest[start..].starts_with('[');
            let (inner, after) = rest[start + 1..]
                .split_once(if group { ']' } else { '}' })
                .expect("a template of the catalogue closes what it opens");
            if group {
                inner.split('|').find(|alternative| self.plain(text, alternative));
            } else if !self.place(text, inner) {
                text.push_str("something");
            }
            rest = after;
        }
        text.push_str(rest);
    }

    /// A text with places but no groups. Nothing of it is written if a place is not known.
    fn plain(&self, text: &mut String, template: &str) -> bool {
        let start = text.len();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else { break };
            text.push_str(before);
            if !self.place(text, place) {
                text.truncate(start);
                return false;
            }
            rest = after;
        }
        text.push_str(rest);
        true
    }

    /// Writes what stands in a place, if it is known.
    fn place(&self, text: &mut String, place: &str) -> bool {
        let leaf = self.entry.leaf.as_leaf();
        match place {
            "target" => self.of_target(text, Names::best),
            "organization" => {
                self.of_target(text, |names| names.organization.as_ref().map(|name| Cow::Borrowed(&*name.0)))
            }
            "rev" => leaf.target_rev().is_some_and(|rev| shown(text, rev)),
            _ => match place.split_once('.') {
                Some(("detail", key)) => leaf.detail(key).is_some_and(|value| shown(text, value)),
                Some(("said", key)) => leaf.detail(key).is_some_and(|value| {
                    said(text, &value.to_string());
                    true
                }),
                Some(("text", key)) => told(text, self.entry.parameter(key)),
                _ => false,
            },
        }
    }

    fn of_target<'n>(&'n self, text: &mut String, name: impl Fn(&'n Names<'n>) -> Option<Cow<'n, str>>) -> bool {
        match &self.target {
            Told::Text(names) => told(text, name(names).map_or(Told::Nothing, Told::Text)),
            Told::Erased => told(text, Told::<&str>::Erased),
            Told::Nothing => false,
        }
    }
}

fn shown(text: &mut String, value: impl std::fmt::Display) -> bool {
    write!(text, "{value}").expect("a string takes everything");
    true
}

/// A word as people say it.
fn said(text: &mut String, word: &str) {
    text.extend(word.chars().map(|character| if character == '-' { ' ' } else { character }));
}

fn told(text: &mut String, told: Told<impl AsRef<str>>) -> bool {
    match told {
        Told::Text(name) => quoted(text, name.as_ref()),
        Told::Erased => text.push_str(ERASED),
        Told::Nothing => return false,
    }
    true
}

/// A foreign text in quotes. What ends lines, moves the cursor or turns the direction of writing is escaped, so that no
/// name can make a sentence say something else.
fn quoted(text: &mut String, value: &str) {
    let start = text.len();
    canonical::string(text, value);
    if text[start..].bytes().all(|byte| byte < 0x7f) {
        return;
    }
    let json = text.split_off(start);
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => write!(text, "\\u{:04x}", u32::from(character)).expect("a string takes everything"),
            _ => text.push(character),
        }
    }
}
