//! Removing entries and items from the text, with what belongs to them and nothing else.

use std::ops::Range;

use super::data::Data;
use super::layout::{Layout, Shape, Splices};
use crate::syntax::{BREAKS, NodeId, NodeKind, Style};

/// Each candidate is parsed, so a long tail of comments is not tried line by line.
const MOST_TAILS: usize = 6;

impl Layout<'_> {
    /// The ways to remove the child at an index.
    pub(super) fn removals(&self, parent: NodeId, index: usize) -> Vec<Splices> {
        let node = self.tree.node(parent);
        let is_flow = node.style == Style::Flow;
        let extents = self.extents(parent);
        let mut candidates = Vec::new();
        if let [only] = &extents[..] {
            let whole = node.bytes.start as usize..node.bytes.end as usize;
            if is_flow && self.source[whole].contains('#') {
                candidates.push(self.bracketed(parent, &extents, index));
            }
            let empty =
                if matches!(node.kind, NodeKind::Array(_)) { Data::List(Vec::new()) } else { Data::Map(Vec::new()) };
            let mut emptied = self.replacements(parent, &empty, Shape::Kept);
            if !is_flow {
                self.take_line_comments(only, &mut emptied);
            }
            candidates.append(&mut emptied);
        } else if is_flow {
            candidates.push(self.bracketed(parent, &extents, index));
        } else {
            self.lines_of(&extents, index, &mut candidates);
        }
        candidates
    }

    /// Where the children of a collection begin and end, keys and dashes included.
    fn extents(&self, parent: NodeId) -> Vec<Range<usize>> {
        let start = |id: NodeId| self.tree.node(id).bytes.start as usize;
        match &self.tree.node(parent).kind {
            NodeKind::Object(entries) => entries
                .iter()
                .map(|entry| {
                    // An explicit key begins with its question mark.
                    let before = self.source[..start(entry.key)].trim_end_matches([' ', '\t']);
                    let key = if before.ends_with('?') { before.len() - 1 } else { start(entry.key) };
                    key..self.end(entry.value).max(self.end(entry.key))
                })
                .collect(),
            NodeKind::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, &item)| {
                    let dash = match self.tree.node(parent).style {
                        Style::Block => self.dash(parent, items, index),
                        _ => None,
                    };
                    dash.unwrap_or(start(item))..self.end(item)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Lets what empties a block collection also take the comment on the last line of its last child.
    fn take_line_comments(&self, child: &Range<usize>, candidates: &mut Vec<Splices>) {
        let line = self.line_start(child.start);
        if !self.source[line..child.start].trim().is_empty() {
            return;
        }
        let mut wider = candidates.clone();
        for (bytes, _) in wider.iter_mut().flatten() {
            if bytes.end == child.end {
                bytes.end = self.line_end(child.end);
            }
        }
        std::mem::swap(candidates, &mut wider);
        candidates.append(&mut wider);
    }

    /// Removes one of several children that are written by indentation.
    fn lines_of(&self, extents: &[Range<usize>], index: usize, candidates: &mut Vec<Splices>) {
        let child = &extents[index];
        let line = self.line_start(child.start);
        let line_end = self.line_end(child.end);
        let before = &self.source[line..child.start];
        if before.trim_matches([' ', '\u{FEFF}']).is_empty() {
            let start = line + before.len() - before.trim_start_matches('\u{FEFF}').len();
            let next = self.next_line(line_end);
            candidates.push(vec![(start..next, String::new())]);
            // What follows might become a part of the text before, and has to go then: as little as possible, or all.
            let mut tails = Vec::new();
            let mut further = next;
            while further < self.source.len() {
                let end = self.line_end(further);
                let text = self.source[further..end].trim();
                if !text.is_empty() && !text.starts_with('#') {
                    break;
                }
                further = self.next_line(end);
                tails.push(further);
            }
            let few = tails.iter().take(MOST_TAILS).chain(tails.iter().skip(MOST_TAILS).next_back());
            candidates.extend(few.map(|&end| vec![(start..end, String::new())]));
            return;
        }
        // The first of a collection that begins on the line of a dash: what follows takes its place.
        let Some(next) = extents.get(index + 1) else { return };
        if self.source[line_end..next.start].trim().is_empty() {
            candidates.push(vec![(child.start..next.start, String::new())]);
        }
        candidates.push(vec![(line + before.trim_end().len()..line_end, String::new())]);
    }

    /// Removes a child from brackets, with the comma that becomes one too many.
    fn bracketed(&self, parent: NodeId, extents: &[Range<usize>], index: usize) -> Splices {
        let child = &extents[index];
        let close = self.close(parent);
        if let Some(next) = extents.get(index + 1)
            && let Some(comma) = self.find(',', child.end..next.start)
        {
            let is_simple = self.is_gap(comma + 1..next.start);
            let bytes = child.start..if is_simple { next.start } else { comma + 1 };
            return vec![(self.whole_lines(bytes), String::new())];
        }
        let before = index.checked_sub(1).and_then(|before| self.find(',', extents[before].end..child.start));
        match before {
            Some(comma) if self.is_gap(comma + 1..child.start) => vec![(comma..child.end, String::new())],
            // A comment is in between. Where the comma after the last item is left out, the one before it goes too.
            before => match (self.find(',', child.end..close), before) {
                (Some(comma), _) => vec![(self.whole_lines(child.start..comma + 1), String::new())],
                (None, Some(comma)) => {
                    vec![(comma..comma + 1, String::new()), (self.whole_lines(child.clone()), String::new())]
                }
                (None, None) => vec![(self.whole_lines(child.clone()), String::new())],
            },
        }
    }

    /// Whether there is nothing but white space between two places of a line.
    fn is_gap(&self, bytes: Range<usize>) -> bool {
        let text = &self.source[bytes];
        text.trim().is_empty() && !text.contains(BREAKS)
    }

    /// The lines of some bytes, if nothing but a comment shares them.
    fn whole_lines(&self, bytes: Range<usize>) -> Range<usize> {
        let line = self.line_start(bytes.start);
        let line_end = self.line_end(bytes.end);
        let rest = self.source[bytes.end..line_end].trim();
        let is_alone = self.source[line..bytes.start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
        if is_alone { line..self.next_line(line_end) } else { bytes }
    }
}
