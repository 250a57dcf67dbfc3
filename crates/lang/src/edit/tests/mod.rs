//! Edits keep every byte that they need not change.

mod delete;
mod generated;
mod patches;
mod secrets;
mod set;
mod surroundings;

use std::fmt::Write as _;

use super::{delete, set};
use crate::PropertyPath;

const TEXT: &str = "# head

imports: [a] # on imports
values: # on values
  plain:   old  # on plain
  quoted: \"old\"
  single: 'it''s'
  # about block
  block:
    # inside block
    b: 1 # one
    a: [x, y]  # flow

  literal: | # header
    some
    text

  list:
  - one # first
  # about two
  - k: two
    l: 2
  - - 3
  flow: {a: 1, b: [1, 2], } # on flow
  empty:
  nothing: {} # no entries
  none: []
# foot
";

fn path(text: &str) -> PropertyPath {
    PropertyPath::parse(text).expect("a path of this test")
}

/// The texts after an edit, or why there is none.
fn results(edits: &[(&str, &str, Option<&str>)]) -> String {
    let mut out = String::new();
    for (source, at, value) in edits {
        let edited = match value {
            Some(value) => set(source, &path(at), value),
            None => delete(source, &path(at)),
        };
        let shown = edited.map_or_else(|error| format!("! {error}"), |edited| format!("{edited:?}"));
        let _ = writeln!(out, "{source:?} {at}: {shown}");
    }
    out
}

/// Each edit of the same text, `PATH = YAML` or `delete PATH`: the lines that it takes away and those that it brings.
fn edits(source: &str, edits: &str) -> String {
    let mut out = String::new();
    for line in edits.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let edited = match line.split_once(" = ") {
            Some((at, value)) => set(source, &path(at), &value.replace("\\n", "\n")),
            None => delete(source, &path(line.trim_start_matches("delete "))),
        };
        let _ = writeln!(out, "{line}");
        match edited {
            Ok(edited) => difference(source, &edited, &mut out),
            Err(error) => {
                let _ = writeln!(out, "! {error}");
            }
        }
    }
    out
}

fn difference(old: &str, new: &str, out: &mut String) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[before..], &new[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    for line in &old[..old.len() - after] {
        let _ = writeln!(out, "-{line}");
    }
    for line in &new[..new.len() - after] {
        let _ = writeln!(out, "+{line}");
    }
}
