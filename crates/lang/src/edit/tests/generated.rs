//! Edits of generated documents change what they name and leave every other byte alone.

use std::sync::Arc;

use proptest::prelude::*;

use crate::edit::data::Data;
use crate::edit::{Patch, apply_patches, delete, get, set};
use crate::eval::Limits;
use crate::path::Step;
use crate::{Key, PropertyPath, Value, ValueKind, syntax};

/// A part of a document, as it is written.
#[derive(Clone, Debug)]
enum Node {
    /// The text, and what it means.
    Scalar(&'static str, &'static str),
    /// The lines of a literal block, and the comment behind its header.
    Literal(Vec<&'static str>, Option<u8>),
    /// Words in brackets, and whether there is space inside of them.
    Words(Vec<&'static str>, bool),
    /// With how many columns deeper the keys are.
    Map(Vec<Entry>, usize),
    /// With how many columns deeper the dashes are.
    List(Vec<Entry>, usize),
}

/// A part with its key and the comments that belong to it.
#[derive(Clone, Debug)]
struct Entry {
    /// In a list it is not written.
    key: &'static str,
    node: Node,
    above: Option<u8>,
    behind: Option<u8>,
    /// Whether a blank line is below it.
    blank: bool,
}

/// Texts of scalars, and what they mean.
const SCALARS: &[(&str, &str)] = &[
    ("plain", "plain"),
    ("two words", "two words"),
    ("\"double \\\"quoted\\\"\"", "double \"quoted\""),
    ("'single ''quoted'''", "single 'quoted'"),
    ("世界", "世界"),
    ("\"# no comment\"", "# no comment"),
    ("a:b", "a:b"),
    ("!!str 5", "5"),
];

/// Texts of keys, and what they mean.
const KEYS: &[(&str, &str)] = &[
    ("a", "a"),
    ("b9", "b9"),
    ("b10", "b10"),
    ("\"quoted key\"", "quoted key"),
    ("'it''s'", "it's"),
    ("é", "é"),
    ("x.y", "x.y"),
    ("\"1\"", "1"),
];

const LINES: &[&str] = &["one", "  deep", "# text", "é: x", ""];

fn node() -> impl Strategy<Value = Node> {
    let words = prop::collection::vec(prop::sample::select(vec!["x", "'y, z'", "\"w\"", "ü"]), 0..4);
    let lines = prop::collection::vec(prop::sample::select(LINES), 0..4);
    let leaf = prop_oneof![
        4 => prop::sample::select(SCALARS).prop_map(|(written, means)| Node::Scalar(written, means)),
        1 => (lines, any::<Option<u8>>())
            .prop_map(|(lines, comment)| Node::Literal([&["first"], &lines[..], &["last"]].concat(), comment)),
        1 => (words, any::<bool>()).prop_map(|(words, spaced)| Node::Words(words, spaced)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let entry = (inner, any::<Option<u8>>(), any::<Option<u8>>(), any::<bool>())
            .prop_map(|(node, above, behind, blank)| Entry { key: "", node, above, behind, blank });
        let keys = prop::sample::subsequence(KEYS, 1..4);
        let map = (keys, prop::collection::vec(entry.clone(), 4)).prop_map(|(keys, entries)| {
            keys.into_iter().zip(entries).map(|((key, _), entry)| Entry { key, ..entry }).collect()
        });
        prop_oneof![
            (map, prop::sample::select(vec![2, 4])).prop_map(|(entries, indent)| Node::Map(entries, indent)),
            (prop::collection::vec(entry, 1..4), prop::sample::select(vec![0, 2]))
                .prop_map(|(entries, indent)| Node::List(entries, indent)),
        ]
    })
}

/// A document, and what its lines end in.
fn document() -> impl Strategy<Value = (Node, &'static str)> {
    let root = node().prop_map(|node| {
        let entry = |key, node| Entry { key, node, above: Some(1), behind: None, blank: true };
        Node::Map(vec![entry("values", node), entry("description", Node::Scalar("text", "text"))], 0)
    });
    (root, prop::sample::select(vec!["\n", "\r\n"]))
}

impl Node {
    /// Appends the lines; the first belongs to the line that there is.
    fn write(&self, column: usize, behind: Option<u8>, out: &mut Vec<String>) {
        let behind = behind.map_or_else(String::new, |number| format!("  # behind {number}"));
        let first = match self {
            Self::Scalar(written, _) => format!(" {written}{behind}"),
            Self::Words(words, false) => format!(" [{}]{behind}", words.join(", ")),
            Self::Words(words, true) => format!(" [ {} ]{behind}", words.join(" ,")),
            Self::Literal(_, None) => " |".to_owned(),
            Self::Literal(_, Some(number)) => format!(" | # header {number}"),
            Self::Map(..) | Self::List(..) => behind,
        };
        out.last_mut().expect("the line of the key").push_str(&first);
        match self {
            Self::Scalar(..) | Self::Words(..) => {}
            Self::Literal(lines, _) => {
                let indent = " ".repeat(column + 2);
                let indented = |line: &&str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
                out.extend(lines.iter().map(indented));
            }
            Self::Map(entries, indent) => {
                for entry in entries {
                    entry.write(&format!("{}:", entry.key), column + indent, out);
                }
            }
            Self::List(entries, indent) => {
                for entry in entries {
                    entry.write("-", column + indent, out);
                }
            }
        }
    }

    fn means(&self) -> Data {
        let text = |text: &str| Data::String(text.into());
        match self {
            Self::Scalar(_, means) => text(means),
            Self::Literal(lines, _) => text(&lines.iter().fold(String::new(), |text, line| text + line + "\n")),
            Self::Words(words, _) => {
                Data::List(words.iter().map(|word| text(word.trim_matches(['\'', '"']))).collect())
            }
            Self::Map(entries, _) => Data::Map(entries.iter().map(|entry| (entry.key(), entry.node.means())).collect()),
            Self::List(entries, _) => Data::List(entries.iter().map(|entry| entry.node.means()).collect()),
        }
    }

    fn entries(&self) -> &[Entry] {
        match self {
            Self::Map(entries, _) | Self::List(entries, _) => entries,
            _ => &[],
        }
    }

    fn entries_mut(&mut self) -> &mut Vec<Entry> {
        match self {
            Self::Map(entries, _) | Self::List(entries, _) => entries,
            _ => panic!("only collections have entries"),
        }
    }

    /// The paths of everything in it, as indexes and as steps.
    fn paths(&self) -> Vec<(Vec<usize>, Vec<Step>)> {
        let mut paths = Vec::new();
        for (index, entry) in self.entries().iter().enumerate() {
            let step = match self {
                Self::List(..) => Step::Index(i64::try_from(index).expect("a small index")),
                _ => Step::Key(entry.key()),
            };
            paths.push((vec![index], vec![step.clone()]));
            for (indexes, steps) in entry.node.paths() {
                paths.push(([&[index], &indexes[..]].concat(), [std::slice::from_ref(&step), &steps[..]].concat()));
            }
        }
        paths
    }

    fn at(&mut self, indexes: &[usize]) -> &mut Self {
        match indexes {
            [] => self,
            [index, rest @ ..] => self.entries_mut()[*index].node.at(rest),
        }
    }

    /// How many comments are above its entries.
    fn comments(&self) -> usize {
        self.entries().iter().map(|entry| usize::from(entry.above.is_some()) + entry.node.comments()).sum()
    }
}

impl Entry {
    fn key(&self) -> Key {
        let known = KEYS.iter().find(|(written, _)| *written == self.key);
        known.map_or(self.key, |(_, means)| means).into()
    }

    fn write(&self, head: &str, column: usize, out: &mut Vec<String>) {
        let indent = " ".repeat(column);
        if let Some(number) = self.above {
            out.push(format!("{indent}# above {number}"));
        }
        out.push(format!("{indent}{head}"));
        match &self.node {
            // Dashes below a dash must be deeper.
            Node::List(entries, 0) if head == "-" => Node::List(entries.clone(), 2).write(column, self.behind, out),
            node => node.write(column, self.behind, out),
        }
        if self.blank {
            out.push(String::new());
        }
    }
}

fn text(root: &Node, newline: &str) -> String {
    let mut lines = vec!["# head".to_owned()];
    root.write(0, None, &mut lines);
    lines.join(newline) + newline
}

fn meaning(source: &str) -> Data {
    let document = syntax::parse(&"".into(), source, &Limits::default());
    assert!(document.diagnostics.is_empty(), "{:?} {source:?}", document.diagnostics);
    Data::of_document(&document, source)
}

/// Where two texts differ: the bytes of the first, and what they are in the second.
fn changed<'t>(before: &str, after: &'t str) -> (std::ops::Range<usize>, &'t str) {
    let start = before.bytes().zip(after.bytes()).take_while(|(before, after)| before == after).count();
    let (rest, other) = (&before.as_bytes()[start..], &after.as_bytes()[start..]);
    let same = rest.iter().rev().zip(other.iter().rev()).take_while(|(before, after)| before == after).count();
    (start..before.len() - same, &after[start..after.len() - same])
}

/// What a rotator would have answered.
fn value(data: &Data) -> Value {
    Value::new(match data {
        Data::String(text) => ValueKind::String(Arc::clone(text)),
        Data::List(items) => ValueKind::List(items.iter().map(|item| Arc::new(value(item))).collect()),
        Data::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, item)| (key.clone(), Arc::new(value(item)))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            ValueKind::Map(entries)
        }
        _ => ValueKind::Null,
    })
}

fn sorted(data: Data) -> Data {
    match data {
        Data::List(items) => Data::List(items.into_iter().map(sorted).collect()),
        Data::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Data::Map(entries)
        }
        other => other,
    }
}

/// Pieces that meet in texts, in every wrong order too.
const PIECES: &[&str] = &[
    "a", "b: ", "- ", "? ", ": ", "\n", "\r\n", "\r", "\u{85}", "\n  ", "\n    ", " ", "  ", "{", "}", "[", "]", ",",
    ", ", "\"", "'", "|\n", ">-\n", "|+\n", "&x ", "!t ", "!!int ", "# c\n", " # c", "---\n", "...\n", "\u{feff}", "é",
    "世: ", "1", "~", "-", "#",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_set_takes_the_place_of_its_node((root, newline) in document(), at: prop::sample::Index) {
        let source = text(&root, newline);
        prop_assert!(meaning(&source) == root.means(), "{source:?}");
        let (indexes, steps) = at.get(&root.paths()).clone();
        let path = PropertyPath::from(steps);
        let edited = set(&source, &path, "new").map_err(|error| TestCaseError::fail(format!("{error} {source:?}")))?;
        let mut expected = root.clone();
        let node = expected.at(&indexes);
        let (written, is_on_one_line) = match node {
            Node::Scalar(written, _) if written.starts_with('"') => ("\"new\"", true),
            Node::Scalar(written, _) if written.starts_with('\'') => ("'new'", true),
            Node::Scalar(..) | Node::Words(..) => ("new", true),
            _ => ("new", false),
        };
        *node = Node::Scalar(written, "new");
        if is_on_one_line {
            prop_assert_eq!(&edited, &text(&expected, newline));
        }
        prop_assert!(meaning(&edited) == expected.means(), "{edited:?}");
        let found = get(&edited, &path).map_err(|error| TestCaseError::fail(format!("{error} {edited:?}")))?;
        prop_assert_eq!(found.as_deref(), Some(written));
    }

    #[test]
    fn what_is_deleted_takes_its_lines_along((root, newline) in document(), at: prop::sample::Index) {
        let source = text(&root, newline);
        let (indexes, steps) = at.get(&root.paths()).clone();
        let edited = delete(&source, &PropertyPath::from(steps)).map_err(|error| TestCaseError::fail(format!("{error} {source:?}")))?;
        let mut expected = root.clone();
        let (index, parent) = indexes.split_last().expect("a path");
        let parent = expected.at(parent);
        let gone = parent.entries_mut().remove(*index);
        let is_empty = parent.entries().is_empty();
        prop_assert!(meaning(&edited) == expected.means(), "{source:?} {edited:?}");
        let (bytes, instead) = changed(&source, &edited);
        if is_empty {
            prop_assert!(instead.chars().all(|character| " {}[]".contains(character)), "{instead:?}");
        } else {
            prop_assert_eq!(instead, "");
        }
        // Of comments on lines of their own, only those inside of what is gone may be gone.
        let taken = &source[bytes];
        let in_text = if let Node::Literal(lines, _) = &gone.node { lines.len() } else { 0 };
        prop_assert!(taken.matches("# above").count() <= gone.node.comments() + in_text, "{taken:?}");
    }

    #[test]
    fn what_is_added_has_lines_of_its_own((root, newline) in document(), at: prop::sample::Index) {
        let source = text(&root, newline);
        let mut paths = root.paths();
        paths.retain(|(indexes, _)| !root.clone().at(indexes).entries().is_empty());
        prop_assume!(!paths.is_empty());
        let (indexes, steps) = at.get(&paths).clone();
        let mut expected = root.clone();
        let node = expected.at(&indexes);
        let count = i64::try_from(node.entries().len()).expect("a small count");
        let (step, line) = match node {
            Node::List(..) => (Step::Index(count), "- x"),
            _ => (Step::Key("new".into()), "new: x"),
        };
        let entry = Entry { key: "new", node: Node::Scalar("x", "x"), above: None, behind: None, blank: false };
        node.entries_mut().push(entry);
        let edited = set(&source, &PropertyPath::from([&steps[..], &[step]].concat()), "x").map_err(|error| TestCaseError::fail(format!("{error} {source:?}")))?;
        prop_assert!(meaning(&edited) == expected.means(), "{edited:?}");
        let lines = |text: &str| text.split(newline).map(str::to_owned).collect::<Vec<_>>();
        let mut left = lines(&edited);
        let own = lines(&source);
        let at = left.iter().zip(&own).take_while(|(left, own)| left == own).count();
        let added = left.remove(at);
        prop_assert_eq!(added.trim_start(), line);
        prop_assert_eq!(left, own);
    }

    #[test]
    fn a_patch_reads_as_the_state((root, newline) in document(), new in node(), at: prop::sample::Index) {
        let source = text(&root, newline);
        let (indexes, steps) = at.get(&root.paths()).clone();
        let path = PropertyPath::from(steps);
        let patch = Patch { path: path.clone(), replacement: Arc::new(value(&new.means())) };
        let edited = apply_patches(&source, std::slice::from_ref(&patch)).map_err(|error| TestCaseError::fail(format!("{error} {source:?}")))?;
        prop_assert_eq!(&apply_patches(&edited, &[patch]).map_err(|error| TestCaseError::fail(format!("{error} {edited:?}")))?, &edited);
        let found = get(&edited, &path).map_err(|error| TestCaseError::fail(format!("{error} {edited:?}")))?.expect("it is there");
        prop_assert!(sorted(meaning(&found)) == sorted(new.means()), "{edited:?}");
        // All else is as it was.
        let mut expected = root.clone();
        *expected.at(&indexes) = Node::Scalar("new", "new");
        let edited = set(&edited, &path, "new").map_err(|error| TestCaseError::fail(format!("{error} {source:?}")))?;
        prop_assert!(meaning(&edited) == expected.means(), "{edited:?}");
    }

    #[test]
    fn any_text_is_edited_as_meant_or_not_at_all(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let source = pieces.concat();
        let document = syntax::parse(&"".into(), &source, &Limits::default());
        if !document.diagnostics.is_empty() {
            prop_assert!(set(&source, &PropertyPath::default(), "x").is_err());
            return Ok(());
        }
        for node in 0..document.tree.nodes.len() {
            let steps = document.tree.property_steps(u32::try_from(node).expect("a small tree"));
            let below = [&steps[..], &[Step::Key("new".into())]].concat();
            let (path, below) = (PropertyPath::from(steps), PropertyPath::from(below));
            let value = "{k: [x, '|'], l: \"one\\ntwo\\n\"}";
            if let Ok(edited) = set(&source, &path, value) {
                let found = get(&edited, &path).map_err(|error| TestCaseError::fail(format!("{error} {edited:?}")))?;
                prop_assert!(meaning(&found.expect("it was just set")) == meaning(value), "{edited:?}");
            }
            for edited in [set(&source, &path, "x"), set(&source, &below, "x"), delete(&source, &path)] {
                // Whether an edit is as meant is a part of editing: what is left to see is that nothing breaks.
                let _ = edited.map(|edited| meaning(&edited));
            }
        }
    }
}
