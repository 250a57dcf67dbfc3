//! The sentence that people read of an entry: a frozen function of its leaf and openings.
//!
//! The catalogue holds a template for each event. Plain text stands for itself; `{…}` is a place; `[…|…]` is the first
//! of its alternatives whose places are all known, or nothing.

use std::fmt::Write as _;

use crate::canonical;
use crate::entry::{Entry, TargetText, Told};
use crate::record::VERSION;

/// What stands for a text that was erased.
pub(crate) const ERASED: &str = "[erased]";

/// Says what happened. Always one line.
pub fn sentence(entry: &Entry) -> String {
    let leaf = entry.leaf.as_leaf();
    let Some(event) = leaf.event().filter(|_| leaf.version() == VERSION) else {
        return format!("Recorded {}, whose meaning this version does not know", leaf.event_type());
    };
    let facts = event.facts();
    let places = Places { entry, target: entry.target() };
    let reason = leaf.reason_word().unwrap_or_default().replace('-', " ");
    match leaf.outcome_word() {
        Some("succeeded") => places.fill(facts.past),
        Some("intended") => format!("Began to {}", places.fill(facts.infinitive)),
        Some("unknown") => format!("Tried to {}, with unknown outcome: {reason}", places.fill(facts.infinitive)),
        _ => format!("Tried to {}: {reason}", places.fill(facts.infinitive)),
    }
}

/// Answers the places of a template.
struct Places<'a> {
    entry: &'a Entry,
    target: Told<TargetText>,
}

impl Places<'_> {
    fn fill(&self, template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(start) = rest.find(['[', '{']) {
            text.push_str(&rest[..start]);
            let group = rest[start..].starts_with('[');
            let (inner, after) = rest[start + 1..]
                .split_once(if group { ']' } else { '}' })
                .expect("a template of the catalogue closes what it opens");
            if group {
                let chosen = inner.split('|').find_map(|alternative| self.plain(alternative));
                text.push_str(&chosen.unwrap_or_default());
            } else {
                text.push_str(&self.place(inner).unwrap_or_else(|| "something".to_owned()));
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// A text with places but no groups; `None` if a place is not known.
    fn plain(&self, template: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(&self.place(place)?);
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    fn place(&self, place: &str) -> Option<String> {
        let leaf = self.entry.leaf.as_leaf();
        match place {
            "target" => self.of_target(TargetText::best),
            "organization" => self.of_target(|target| target.organization.clone()),
            "rev" => leaf.target_rev().map(|rev| rev.to_string()),
            _ => match place.split_once('.')? {
                ("detail", key) => leaf.detail(key).map(|value| value.to_string()),
                ("said", key) => leaf.detail(key).map(|value| value.to_string().replace('-', " ")),
                ("text", key) => shown(self.entry.parameter(key)),
                _ => None,
            },
        }
    }

    fn of_target(&self, name: impl Fn(&TargetText) -> Option<String>) -> Option<String> {
        match &self.target {
            Told::Text(target) => name(target).map(|name| quoted(&name)),
            Told::Erased => Some(ERASED.to_owned()),
            Told::Nothing => None,
        }
    }
}

fn shown(told: Told<String>) -> Option<String> {
    match told {
        Told::Text(text) => Some(quoted(&text)),
        Told::Erased => Some(ERASED.to_owned()),
        Told::Nothing => None,
    }
}

/// A foreign text in quotes. What ends lines, moves the cursor or turns the direction of writing is escaped, so that no
/// name can make a sentence say something else.
fn quoted(value: &str) -> String {
    let mut json = String::with_capacity(value.len() + 2);
    canonical::string(&mut json, value);
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut text = String::with_capacity(json.len());
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
    text
}
