//! Where nodes stand in the text, and how data can be put in their place.
//!
//! There are several ways to write the same thing, and which of them fit depends on the surroundings. So each edit is a
//! list of candidates, the best one first; whoever applies it takes the first that reads as intended.

use std::ops::Range;

use super::data::Data;
use super::scalar::{self, Context};
use super::splice::{block_scalar_length, colon_in, header};
use super::write::{self, Block};
use crate::syntax::{BREAKS, NodeId, NodeKind, Style, Tree};

/// Bytes to replace, in the order of the text.
pub(super) type Splices = Vec<(Range<usize>, String)>;

/// A text and what it is read as.
pub(super) struct Layout<'s> {
    pub(super) source: &'s str,
    pub(super) tree: &'s Tree,
    pub(super) newline: &'static str,
}

/// What a collection that takes the place of another looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As the old one: in brackets if that was.
    Kept,
    /// By indentation where that is possible.
    Block,
}

/// Where a value stands.
struct Place<'s> {
    start: usize,
    end: usize,
    /// The end of what the value hangs on: the colon of its key, or the dash of its item.
    hook: usize,
    /// What is between the hook and the value.
    gap: &'s str,
    /// The comment after the header of a block scalar, which is inside the value's bytes.
    comment: &'s str,
    /// The rest of the line that the value ends on.
    rest: &'s str,
    /// The column of a block in place of the value, where the value does not say.
    column: usize,
}

impl<'s> Layout<'s> {
    pub(super) fn new(source: &'s str, tree: &'s Tree) -> Self {
        Self { source, tree, newline: if source.contains("\r\n") { "\r\n" } else { "\n" } }
    }

    /// Data in place of a node.
    pub(super) fn replacements(&self, node: NodeId, data: &Data, shape: Shape) -> Vec<Splices> {
        let bytes = &self.tree.node(node).bytes;
        if self.is_in_flow(node) {
            let text = self.inline(node, data, &Context::Flow);
            let bytes = bytes.start as usize..bytes.end as usize;
            // A value that is empty may lack its space, and even its colon.
            let leads = match self.source[..bytes.start].ends_with(char::is_whitespace) {
                _ if !bytes.is_empty() => ["", " "],
                true => ["", ": "],
                false => [" ", ": "],
            };
            return leads.map(|lead| vec![(bytes.clone(), format!("{lead}{text}"))]).into();
        }
        let place = self.place(node);
        let is_collection = matches!(self.tree.node(node).kind, NodeKind::Array(_) | NodeKind::Object(_));
        let is_bracketed = is_collection && self.tree.node(node).style == Style::Flow;
        let mut candidates = Vec::new();
        if data.is_filled() && (shape == Shape::Block || !is_bracketed) {
            for literals in [true, false] {
                self.blocks(node, &place, data, &Block { newline: self.newline, literals }, &mut candidates);
            }
        }
        self.lines(node, &place, data, &mut candidates);
        candidates
    }

    /// The ways to write data by indentation.
    fn blocks(&self, node: NodeId, place: &Place, data: &Data, block: &Block, candidates: &mut Vec<Splices>) {
        let is_block = self.tree.node(node).style == Style::Block;
        let line = self.line_start(place.start);
        let is_on_own_line = self.source[line..place.start].trim().is_empty();
        let is_item =
            self.tree.parent(node).is_some_and(|parent| matches!(self.tree.node(parent).kind, NodeKind::Array(_)));
        if is_on_own_line && place.gap.contains(BREAKS) {
            let own = place.start - line;
            for column in if is_block { [own, place.column] } else { [place.column, own] } {
                let text = format!("{}{}", " ".repeat(column), block.collection(data, column));
                candidates.push(vec![(line..place.end, text)]);
            }
        } else if self.tree.parent(node).is_none() || (is_item && place.start < place.end) {
            let column = self.column(place.start);
            candidates.push(vec![(place.start..place.end, block.collection(data, column))]);
        } else if is_item {
            candidates.push(vec![(place.hook..place.hook, format!(" {}", block.collection(data, place.column)))]);
        } else {
            let text = format!("{}{}", block.line(place.column), block.collection(data, place.column));
            let end = place.end + place.rest.len();
            if place.rest.trim().is_empty() {
                candidates.push(vec![(place.hook..place.end, format!("{}{text}", place.comment))]);
            } else {
                // The comment on the line of the key stays there.
                candidates.push(vec![(place.hook..place.end, place.comment.to_owned()), (end..end, text)]);
            }
        }
    }

    /// The ways to write data on the line of its key, or where it is.
    fn lines(&self, node: NodeId, place: &Place, data: &Data, candidates: &mut Vec<Splices>) {
        let has_room = place.rest.trim().is_empty() && place.end + place.rest.len() < self.source.len();
        let contexts = [
            (has_room && place.comment.is_empty())
                .then_some(Context::Block { indent: place.column, newline: self.newline }),
            Some(Context::Line),
            Some(Context::Quoted),
        ];
        let (bytes, lead) = if self.tree.parent(node).is_none() {
            (place.start..place.end, "")
        } else if place.start == place.end {
            (place.hook..place.hook, " ")
        } else if place.gap.contains(BREAKS) && place.gap.trim().is_empty() {
            (place.hook..place.end, " ")
        } else {
            (place.start..place.end, "")
        };
        let line = self.line_start(place.start);
        for context in contexts.into_iter().flatten() {
            let text = self.inline(node, data, &context);
            candidates.push(vec![(bytes.clone(), format!("{lead}{text}{}", place.comment))]);
            // Dashes may be where a scalar cannot.
            if line > place.hook && self.source[line..place.start].trim().is_empty() {
                candidates.push(vec![(line..place.end, format!("{}{text}", " ".repeat(place.column)))]);
            }
        }
    }

    /// Data without line breaks, but for a block scalar. A text keeps the quotes that the old one has.
    fn inline(&self, node: NodeId, data: &Data, context: &Context) -> String {
        let node = self.tree.node(node);
        let old = &self.source[node.bytes.start as usize..node.bytes.end as usize];
        match (data, &node.kind) {
            (Data::String(text), NodeKind::String(_)) if old.starts_with('"') => scalar::write(text, &Context::Quoted),
            (Data::String(text), NodeKind::String(_)) if old.starts_with('\'') => scalar::single_quoted(text),
            (Data::String(text), _) => scalar::marshal(text, context),
            _ => write::flow(data),
        }
    }

    /// A new entry of an object, or a new item of an array, with something before it.
    pub(super) fn additions(&self, parent: NodeId, key: Option<&str>, data: &Data) -> Vec<Splices> {
        let node = self.tree.node(parent);
        let end = node.bytes.end as usize;
        let last = match &node.kind {
            NodeKind::Object(entries) => entries.last().map(|entry| entry.value),
            NodeKind::Array(items) => items.last().copied(),
            _ => None,
        };
        let Some(last) = last else { return Vec::new() };
        let last_end = self.end(last);
        if node.style == Style::Flow {
            let text = key.map_or_else(|| write::flow(data), |key| write::flow_entry(key, data));
            let close = self.close(parent);
            let mut candidates = vec![
                vec![(last_end..last_end, format!(", {text}"))],
                vec![(close..close, format!(", {text}"))],
                vec![(close..close, text)],
            ];
            // A pair without brackets of its own cannot take another one.
            let mut whole = Data::of(self.tree, self.source, parent);
            if !self.source[node.bytes.start as usize..end].contains('#') {
                whole.push(
                    &key.map_or(crate::path::Step::Index(0), |key| crate::path::Step::Key(key.into())),
                    data.clone(),
                );
                candidates.push(vec![(node.bytes.start as usize..end, write::flow(&whole))]);
            }
            return candidates;
        }
        let mut candidates = Vec::new();
        for literals in [true, false] {
            let block = Block { newline: self.newline, literals };
            let column = self.child_column(parent);
            let text = match key {
                Some(key) => block.entry(key, data, column),
                None => block.item(data, column),
            };
            let line = self.line_end(last_end);
            let text_below = format!("{}{text}", block.line(column));
            candidates.push(vec![(line..line, text_below.clone())]);
            // A block scalar that the text ends in has no final line break, and is to have none.
            if line == self.source.len()
                && let Some(indicator) = self.clipped(last)
            {
                candidates.push(vec![(indicator..indicator, "-".to_owned()), (line..line, text_below)]);
            }
            // Blank lines may be a part of the last value.
            if line < end && end <= self.source.len() {
                candidates.push(vec![(end..end, format!("{}{text}{}", " ".repeat(column), self.newline))]);
            }
        }
        candidates
    }

    /// Where the indicator ends that a last line without a line break has made a block scalar to be stripped.
    fn clipped(&self, id: NodeId) -> Option<usize> {
        let node = self.tree.node(id);
        match &node.kind {
            NodeKind::Array(items) => self.clipped(*items.last()?),
            NodeKind::Object(entries) => self.clipped(entries.last()?.value),
            _ => {
                let start = node.bytes.start as usize;
                let header = header(&self.source[start..node.bytes.end as usize])?;
                header.find(['|', '>']).map(|at| start + at + 1)
            }
        }
    }

    /// Data as a document where there is none yet. What there is, such as comments, stays in front of it.
    pub(super) fn beginnings(&self, data: &Data) -> Vec<Splices> {
        let mut candidates = Vec::new();
        for literals in [true, false] {
            let text = Block { newline: self.newline, literals }.collection(data, 0);
            let end = self.source.len();
            let is_line = self.source.trim_start_matches('\u{FEFF}').is_empty() || self.source.ends_with(BREAKS);
            let before = if is_line { "" } else { self.newline };
            candidates.push(vec![(end..end, format!("{before}{text}{}", self.newline))]);
            if let Some(node) = self.tree.nodes.first() {
                let at = self.line_end(node.bytes.start as usize);
                candidates.push(vec![(at..at, format!("{}{text}", self.newline))]);
            }
        }
        candidates
    }

    fn place(&self, id: NodeId) -> Place<'s> {
        let node = self.tree.node(id);
        let (start, end) = (node.bytes.start as usize, self.end(id));
        let comment = match &node.kind {
            NodeKind::Array(_) | NodeKind::Object(_) => None,
            _ => header(&self.source[start..end]).and_then(|line| line.find(" #").map(|at| line[at..].trim_end())),
        };
        let hook = self.hook(id).min(start);
        let column = match self.tree.parent(id) {
            None => 0,
            Some(parent) => self.child_column(parent) + 2,
        };
        Place {
            start,
            end,
            hook,
            gap: &self.source[hook..start],
            comment: comment.unwrap_or_default(),
            rest: &self.source[end..self.line_end(end)],
            column,
        }
    }

    /// Where the value ends that hangs on something, and where it begins to hang.
    fn hook(&self, id: NodeId) -> usize {
        let start = self.tree.node(id).bytes.start as usize;
        let Some(parent) = self.tree.parent(id) else { return 0 };
        match &self.tree.node(parent).kind {
            NodeKind::Object(entries) => {
                let Some(entry) = entries.iter().find(|entry| entry.value == id) else { return start };
                let key_end = self.tree.node(entry.key).bytes.end as usize;
                let between = self.source.get(key_end..start).unwrap_or_default();
                key_end + colon_in(between).map_or(0, |at| at + 1)
            }
            NodeKind::Array(items) => {
                let index = items.iter().position(|item| *item == id).unwrap_or_default();
                self.dash(parent, items, index).map_or(start, |dash| dash + 1)
            }
            _ => start,
        }
    }

    /// The dash of an item in a block sequence.
    pub(super) fn dash(&self, array: NodeId, items: &[NodeId], index: usize) -> Option<usize> {
        let before = match index.checked_sub(1) {
            Some(last) => self.end(items[last]),
            None => self.tree.node(array).bytes.start as usize,
        };
        let start = self.tree.node(items[index]).bytes.start as usize;
        self.find('-', before..start)
    }

    /// The first of a character that is not in a comment.
    pub(super) fn find(&self, wanted: char, within: Range<usize>) -> Option<usize> {
        let mut in_comment = false;
        for (at, character) in self.source.get(within.clone())?.char_indices() {
            match character {
                '#' => in_comment = true,
                _ if BREAKS.contains(&character) => in_comment = false,
                _ if character == wanted && !in_comment => return Some(within.start + at),
                _ => {}
            }
        }
        None
    }

    /// The column of the keys or dashes of a block collection.
    fn child_column(&self, parent: NodeId) -> usize {
        match &self.tree.node(parent).kind {
            NodeKind::Object(entries) => {
                entries.first().map_or(0, |entry| self.column(self.tree.node(entry.key).bytes.start as usize))
            }
            NodeKind::Array(items) => self.dash(parent, items, 0).map_or(0, |dash| self.column(dash)),
            _ => 0,
        }
    }

    /// Where a node ends, without the blank lines after a block scalar.
    pub(super) fn end(&self, id: NodeId) -> usize {
        let node = self.tree.node(id);
        let (start, end) = (node.bytes.start as usize, node.bytes.end as usize);
        match &node.kind {
            NodeKind::Array(items) if node.style == Style::Block => items.last().map_or(end, |last| self.end(*last)),
            NodeKind::Object(entries) if node.style == Style::Block => {
                entries.last().map_or(end, |last| self.end(last.value).max(self.end(last.key)))
            }
            NodeKind::Array(_) | NodeKind::Object(_) => end,
            _ if header(&self.source[start..end]).is_some() => start + block_scalar_length(&self.source[start..end]),
            _ => end,
        }
    }

    /// Where the closing bracket is; a pair in a list may lack brackets of its own, and closes where it ends.
    pub(super) fn close(&self, id: NodeId) -> usize {
        let end = self.tree.node(id).bytes.end as usize;
        if self.source[..end].ends_with(['}', ']']) { end - 1 } else { end }
    }

    pub(super) fn is_in_flow(&self, id: NodeId) -> bool {
        self.tree.parent(id).is_some_and(|parent| self.tree.node(parent).style == Style::Flow)
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        let break_before = self.source[..at].char_indices().rfind(|(_, character)| BREAKS.contains(character));
        break_before.map_or(0, |(start, character)| start + character.len_utf8())
    }

    /// The end of a line, before its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.source[at..].find(BREAKS).map_or(self.source.len(), |length| at + length)
    }

    /// The start of the line after the one that ends here.
    pub(super) fn next_line(&self, line_end: usize) -> usize {
        let rest = &self.source[line_end..];
        let length = if rest.starts_with("\r\n") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
        line_end + length
    }

    pub(super) fn column(&self, at: usize) -> usize {
        let line = self.source[self.line_start(at)..at].trim_start_matches('\u{FEFF}');
        line.chars().count()
    }
}
