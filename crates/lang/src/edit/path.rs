//! Edits by property path: reading, setting and deleting a part of a definition's text.

use super::EditError;
use super::data::Data;
use super::layout::{Layout, Shape, Splices};
use crate::eval::Limits;
use crate::path::{PropertyPath, Step};
use crate::syntax::{self, Document, NodeId, NodeKind};

/// Why a path leads nowhere in a text. Says how far it led, in the words of the reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is no such item, and it would not be the next one.
    #[error("{0}: array index out of range")]
    OutOfRange(String),
    /// A step into an array is not an index.
    #[error("{0}: key for an array must be an int")]
    NotAnIndex(String),
    /// A step into an object is not a key.
    #[error("{0}: key for a map must be a string")]
    NotAKey(String),
    /// A step leads into a scalar.
    #[error("{0}: expected an array or an object")]
    NotACollection(String),
    /// The path is empty, and the whole cannot be deleted.
    #[error("the path names the whole document")]
    Whole,
}

/// The text of a part of a definition, as YAML of its own; of several entries with the same key, the first. None if
/// there is no such part.
pub fn get(source: &str, path: &PropertyPath) -> Result<Option<String>, EditError> {
    let document = parse(source)?;
    let Some(root) = document.root else { return Ok(None) };
    let mut node = root;
    for step in path.steps() {
        match child(&document, node, step) {
            Some((_, next)) => node = next,
            None => return Ok(None),
        }
    }
    let layout = Layout::new(source, &document.tree);
    let start = document.tree.node(node).bytes.start as usize;
    let text = &source[start..layout.end(node)];
    let data = Data::of(&document.tree, source, node);
    let column = layout.column(start);
    let mut dedented = String::with_capacity(text.len() + 1);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        dedented.push_str(if index == 0 { line } else { &line[indent.min(column)..] });
    }
    let ended = format!("{dedented}\n");
    // The lines of a block scalar need some indentation, and have it still.
    let indented = format!("{text}\n");
    let written = super::write::flow(&data);
    let texts = [dedented, ended, indented, written];
    texts.into_iter().find(|text| reads_as(text, &data)).map(Some).ok_or(EditError::Ambiguous)
}

/// Sets a part of a definition to a YAML text. What is missing on the way is created; in an array only the next item can
/// be.
///
/// Quotes and brackets of the old value are kept where the new one can have them, and comments in any case. A new
/// collection in block context is a block two columns deeper, and in brackets in flow context.
pub fn set(source: &str, path: &PropertyPath, value: &str) -> Result<String, EditError> {
    let document = parse(value)?;
    put(source, path, &Data::of_document(&document, value))
}

/// Deletes a part of a definition: the whole entry or item with the lines that are its own. Comments around it stay. A
/// collection that becomes empty stays as `{}` or `[]`. A key that is not there is deleted already.
pub fn delete(source: &str, path: &PropertyPath) -> Result<String, EditError> {
    let document = parse(source)?;
    let Some((last, before)) = path.steps().split_last() else { return Err(PathError::Whole.into()) };
    let Some(mut node) = document.root else { return Ok(source.to_owned()) };
    for (index, step) in before.iter().enumerate() {
        match child(&document, node, step) {
            Some((_, next)) => node = next,
            None => return missing(&document, node, path, index).map(|()| source.to_owned()),
        }
    }
    let Some((index, _)) = child(&document, node, last) else {
        return missing(&document, node, path, before.len()).map(|()| source.to_owned());
    };
    let mut intended = Data::of_document(&document, source);
    if let Some(parent) = intended.part_mut(before) {
        parent.remove(index);
    }
    let candidates = Layout::new(source, &document.tree).removals(node, index);
    first_intended(source, &intended, candidates)
}

/// Sets a part of a definition.
pub(super) fn put(source: &str, path: &PropertyPath, data: &Data) -> Result<String, EditError> {
    let document = parse(source)?;
    let layout = Layout::new(source, &document.tree);
    let steps = path.steps();
    let mut intended = Data::of_document(&document, source);
    if document.tree.nodes.is_empty() {
        let data = wrapped(path, 0, data)?;
        return first_intended(source, &data, layout.beginnings(&data));
    }
    let mut node: NodeId = 0;
    for (index, step) in steps.iter().enumerate() {
        if let Some((_, next)) = child(&document, node, step) {
            node = next;
            continue;
        }
        let is_next = match (&document.tree.node(node).kind, step) {
            (NodeKind::Array(items), Step::Index(index)) => {
                usize::try_from(*index).is_ok_and(|index| index == items.len())
            }
            (NodeKind::Object(_), Step::Key(_)) => true,
            // Nothing is written here, so it can become what the path needs.
            (NodeKind::Null, _) if document.tree.node(node).bytes.is_empty() => {
                let data = wrapped(path, index, data)?;
                let candidates =
                    if index == 0 { layout.beginnings(&data) } else { layout.replacements(node, &data, Shape::Block) };
                return finish(source, intended, &steps[..index], data, candidates);
            }
            _ => false,
        };
        if !is_next {
            return Err(blocked(&document, node, path, index).into());
        }
        let data = wrapped(path, index + 1, data)?;
        let is_empty = match &document.tree.node(node).kind {
            NodeKind::Array(items) => items.is_empty(),
            NodeKind::Object(entries) => entries.is_empty(),
            _ => false,
        };
        let candidates = match step {
            Step::Key(key) if is_empty => {
                layout.replacements(node, &Data::Map(vec![(key.clone(), data.clone())]), Shape::Block)
            }
            Step::Key(key) => layout.additions(node, Some(key), &data),
            Step::Index(_) if is_empty => layout.replacements(node, &Data::List(vec![data.clone()]), Shape::Kept),
            Step::Index(_) => layout.additions(node, None, &data),
        };
        if let Some(parent) = intended.part_mut(&steps[..index]) {
            parent.push(step, data);
        }
        return first_intended(source, &intended, candidates);
    }
    let candidates = if steps.is_empty() && document.tree.node(node).bytes.is_empty() {
        layout.beginnings(data)
    } else {
        layout.replacements(node, data, Shape::Kept)
    };
    finish(source, intended, steps, data.clone(), candidates)
}

/// Applies what puts data at the end of a path.
fn finish(
    source: &str,
    mut intended: Data,
    path: &[Step],
    data: Data,
    candidates: Vec<Splices>,
) -> Result<String, EditError> {
    if let Some(part) = intended.part_mut(path) {
        *part = data;
    }
    first_intended(source, &intended, candidates)
}

/// The data in new collections for the steps of a path from one on.
fn wrapped(path: &PropertyPath, from: usize, data: &Data) -> Result<Data, PathError> {
    let mut data = data.clone();
    for (index, step) in path.steps().iter().enumerate().skip(from).rev() {
        data = match step {
            Step::Key(key) => Data::Map(vec![(key.clone(), data)]),
            Step::Index(0) => Data::List(vec![data]),
            Step::Index(_) => return Err(PathError::OutOfRange(path.upto(index + 1))),
        };
    }
    Ok(data)
}

/// The child that a step leads to, and its index.
fn child(document: &Document, node: NodeId, step: &Step) -> Option<(usize, NodeId)> {
    match (&document.tree.node(node).kind, step) {
        (NodeKind::Array(items), Step::Index(index)) => {
            let index = usize::try_from(*index).ok()?;
            items.get(index).map(|item| (index, *item))
        }
        (NodeKind::Object(entries), Step::Key(key)) => {
            let is_meant = |id: NodeId| document.tree.text(id).is_some_and(|text| text == key);
            let index = entries.iter().position(|entry| is_meant(entry.key))?;
            Some((index, entries[index].value))
        }
        _ => None,
    }
}

/// What to say where a step does not lead on.
fn blocked(document: &Document, node: NodeId, path: &PropertyPath, index: usize) -> PathError {
    let upto = path.upto(index + 1);
    match (&document.tree.node(node).kind, &path.steps()[index]) {
        (NodeKind::Array(_), Step::Index(_)) => PathError::OutOfRange(upto),
        (NodeKind::Array(_), Step::Key(_)) => PathError::NotAnIndex(upto),
        (NodeKind::Object(_), _) => PathError::NotAKey(upto),
        _ => PathError::NotACollection(upto),
    }
}

/// Deleting what is not there: fine if a key is missing, and an error if the path cannot be right.
fn missing(document: &Document, node: NodeId, path: &PropertyPath, index: usize) -> Result<(), EditError> {
    match (&document.tree.node(node).kind, &path.steps()[index]) {
        (NodeKind::Object(_), Step::Key(_)) => Ok(()),
        _ => Err(blocked(document, node, path, index).into()),
    }
}

fn parse(source: &str) -> Result<Document, EditError> {
    let mut document = syntax::parse(&"".into(), source, &Limits::default());
    if document.diagnostics.is_empty() {
        Ok(document)
    } else {
        Err(EditError::Parse(document.diagnostics.swap_remove(0)))
    }
}

fn reads_as(text: &str, data: &Data) -> bool {
    parse(text).is_ok_and(|document| Data::of_document(&document, text) == *data)
}

/// The text after the first candidate that means what it should.
fn first_intended(source: &str, intended: &Data, candidates: Vec<Splices>) -> Result<String, EditError> {
    let mut problem = EditError::Ambiguous;
    for splices in candidates {
        let Some(edited) = spliced(source, &splices) else { continue };
        match parse(&edited) {
            Ok(document) if Data::of_document(&document, &edited) == *intended => return Ok(edited),
            // A text that has become too long or too deep is no riddle.
            Err(EditError::Parse(found)) if found.summary.starts_with("the definition ") => {
                problem = EditError::Parse(found);
            }
            _ => {}
        }
    }
    Err(problem)
}

/// The text with some bytes replaced; none if they are not in the order of the text.
fn spliced(source: &str, splices: &Splices) -> Option<String> {
    let mut out = String::with_capacity(source.len() + 64);
    let mut copied = 0;
    for (bytes, text) in splices {
        out.push_str(source.get(copied..bytes.start)?);
        out.push_str(text);
        copied = bytes.end;
    }
    out.push_str(source.get(copied..)?);
    Some(out)
}
