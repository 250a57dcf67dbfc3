//! YAML events to syntax nodes.

use std::collections::HashSet;
use std::io::{Chain, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use libyaml_safer::{
    Encoding, Error, ErrorKind, Event, EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle,
};

use super::scalar::{is_plain_string, resolve, short_tag};
use super::{BREAKS, Entry, Node, NodeId, NodeKind, Step, Style, Tree, tag};
use crate::diagnostics::Diagnostic;
use crate::eval::Limits;
use crate::source::{Position, SourceMap, Span, to_u32};

/// What the first document of a text is.
pub(crate) struct Document {
    pub(crate) tree: Tree,
    /// None if the document is null, or broken.
    pub(crate) root: Option<NodeId>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads the first document of a text. If there is any error, the tree must not be used.
pub(crate) fn parse(name: &Arc<str>, source: &str, limits: &Limits) -> Document {
    // A text that is too large is refused before anyone looks into it.
    let probes = if source.len() > limits.document { Vec::new() } else { tag::probes(source) };
    let is_refused = |document: &Document| {
        document.diagnostics.first().is_some_and(|found| found.range.is_none() && found.summary.ends_with(tag::PROBLEM))
    };
    probes.iter().map(|probe| read(name, probe, limits)).find(is_refused).unwrap_or_else(|| read(name, source, limits))
}

fn read(name: &Arc<str>, source: &str, limits: &Limits) -> Document {
    let broken = |summary: String| Document {
        tree: Tree::default(),
        root: None,
        diagnostics: vec![Diagnostic::error(summary, None, String::new())],
    };
    if source.len() > limits.document {
        return broken(format!("the definition is larger than {} bytes", limits.document));
    }
    let mark_of_order = if source.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    // The parser relies on a line break at the end. Where we add one, its traces are removed again.
    let added = if source.ends_with(['\n', '\r']) { "" } else { "\n" };
    let mut parser = Parser::new();
    parser.set_encoding(Encoding::Utf8);
    parser.set_input(source.as_bytes()[mark_of_order..].chain(added.as_bytes()));
    let mut composer = Composer {
        parser,
        name,

        source,
        added_break: !added.is_empty(),
        map: SourceMap::new(source),
        skipped: to_u32(mark_of_order),
        nesting: limits.nesting,
        tree: Tree { nodes: Vec::with_capacity(source.len() / 12 + 4) },
        diagnostics: Vec::new(),
        anchors: HashSet::new(),
    };
    // A parser that panics is not used after that.
    match catch_unwind(AssertUnwindSafe(|| composer.document())) {
        Ok(Ok(root)) => Document { tree: composer.tree, root, diagnostics: composer.diagnostics },
        Ok(Err(Failure(summary))) => broken(summary),
        Err(_) => broken(format!("yaml: {}", tag::PROBLEM)),
    }
}

/// A failure of the YAML layer: there is no tree, and this is the only diagnostic.
struct Failure(String);

impl Failure {
    /// Zero stands for a line that is not said.
    fn at(line: u64, problem: &str) -> Self {
        Self(match line {
            0 => format!("yaml: {problem}"),
            line => format!("yaml: line {line}: {problem}"),
        })
    }
}

struct Composer<'s> {
    parser: Parser<Chain<&'s [u8], &'s [u8]>>,
    name: &'s Arc<str>,
    source: &'s str,
    added_break: bool,

    map: SourceMap<'s>,
    skipped: u32,
    nesting: usize,
    tree: Tree,
    diagnostics: Vec<Diagnostic>,
    anchors: HashSet<String>,
}

impl Composer<'_> {
    fn document(&mut self) -> Result<Option<NodeId>, Failure> {
        loop {
            let event = self.event()?;
            match event.data {
                EventData::StreamStart { .. } => {}
                // The parser also takes 1.2, which the reference does not.
                EventData::DocumentStart { version_directive: Some(version), .. } if version.minor != 1 => {
                    return Err(self.incompatible(event.start_mark));
                }
                EventData::DocumentStart { .. } => break,
                _ => return Ok(None),
            }
        }
        let event = self.event()?;
        let root = self.node(event, None, Step::Root, 0)?;
        self.event()?;
        let is_null = matches!(self.tree.node(root).kind, NodeKind::Null) && self.diagnostics.is_empty();
        Ok((!is_null).then_some(root))
    }

    fn event(&mut self) -> Result<Event, Failure> {
        self.parser.parse().map_err(|error| self.failure(&error))
    }

    /// The reference's text of an error of the parser.
    fn failure(&self, error: &Error) -> Failure {
        let is_scanner = error.kind() == ErrorKind::Scanner;
        let line = |mark: Option<Mark>| {
            let mark = mark.unwrap_or_default();
            let is_added = self.added_break && is_scanner && self.skipped + index(mark) > to_u32(self.source.len());
            mark.line - u64::from(is_added && mark.line > 0)
        };
        let mut number = match line(error.context_mark()) {
            0 => line(error.problem_mark()),
            context => context,
        };
        // The reference counts the lines of the parser from zero, and those of the scanner from one.
        if number != 0 && is_scanner {
            number += 1;
        }
        Failure::at(number, error.problem())
    }

    /// The failure of a version that is not understood. `begin` is where the directives begin.
    fn incompatible(&self, begin: Mark) -> Failure {
        let directives = &self.source[self.offset(begin) as usize..];
        let before = directives.lines().take_while(|line| !line.starts_with("%YAML")).count();
        Failure::at(begin.line + before as u64, "found incompatible YAML document")
    }

    /// The parser takes the escape `\/`, which YAML 1.1 does not have; the reference fails at it.
    fn without_slash_escape(&self, begin: Mark, end: Mark) -> Result<(), Failure> {
        let text = &self.source[self.offset(begin) as usize..self.offset(end) as usize];
        if !text.contains("\\/") {
            return Ok(());
        }
        let quote = opening_quote(text);
        let mut escapes = text[quote..].char_indices();
        while let Some((at, character)) = escapes.next() {
            if character == '\\' && escapes.next().is_some_and(|(_, escaped)| escaped == '/') {
                let line = |upto: usize| begin.line + text[..upto].matches('\n').count() as u64;
                // As with failures of the scanner: where the scalar begins, unless that is the first line.
                let number = match line(quote) {
                    0 => line(quote + at),
                    begin => begin,
                };
                let number = if number == 0 { 0 } else { number + 1 };
                return Err(Failure::at(number, "found unknown escape character"));
            }
        }
        Ok(())
    }

    fn node(&mut self, event: Event, parent: Option<NodeId>, step: Step, depth: usize) -> Result<NodeId, Failure> {
        if depth > self.nesting {
            return Err(Failure(format!("the definition nests deeper than {} levels", self.nesting)));
        }
        let begin = self.within(event.start_mark);
        let id = to_u32(self.tree.nodes.len());
        let start = self.position(begin, 0);
        self.tree.nodes.push(Node {
            kind: NodeKind::Null,
            span: Span { begin: start, end: start },
            bytes: self.offset(begin)..self.offset(event.end_mark),
            style: Style::Marked,
            parent,
            step,
        });
        match event.data {
            EventData::Scalar { anchor, tag, value, style, .. } => {
                self.anchors.extend(anchor);
                if style == ScalarStyle::DoubleQuoted {
                    self.without_slash_escape(begin, event.end_mark)?;
                }
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let value = if is_block { self.without_added_break(id, &value) } else { &value };
                self.scalar(id, begin, tag.as_deref(), value, style);
            }
            EventData::SequenceStart { anchor, style, .. } => {
                self.anchors.extend(anchor);
                let flow = style == SequenceStyle::Flow;
                self.tree.nodes[id as usize].style = if flow { Style::Flow } else { Style::Block };
                self.sequence(id, depth)?;
            }
            EventData::MappingStart { anchor, style, .. } => {
                self.anchors.extend(anchor);
                let flow = style == MappingStyle::Flow;
                self.tree.nodes[id as usize].style = if flow { Style::Flow } else { Style::Block };
                self.mapping(id, depth)?;
            }
            EventData::Alias { anchor } => {
                if !self.anchors.contains(&anchor) {
                    return Err(Failure(format!("yaml: unknown anchor '{anchor}' referenced")));
                }
                self.tree.nodes[id as usize].span.end = self.position(begin, anchor.len());
                self.error(id, "alias nodes are not supported");
            }
            _ => {}
        }
        Ok(id)
    }

    fn sequence(&mut self, id: NodeId, depth: usize) -> Result<(), Failure> {
        let mut items = Vec::new();
        loop {
            let event = self.event()?;
            if matches!(event.data, EventData::SequenceEnd) {
                self.close(id, items.last().copied(), ']', event.end_mark);
                self.tree.nodes[id as usize].kind = NodeKind::Array(items);
                return Ok(());
            }
            let step = Step::Index(to_u32(items.len()));
            items.push(self.node(event, Some(id), step, depth + 1)?);
        }
    }

    fn mapping(&mut self, id: NodeId, depth: usize) -> Result<(), Failure> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let event = self.event()?;
            if matches!(event.data, EventData::MappingEnd) {
                self.close(id, entries.last().map(|entry| entry.value), '}', event.end_mark);
                self.tree.nodes[id as usize].kind = NodeKind::Object(entries);
                return Ok(());
            }
            let text: Arc<str> = match &event.data {
                EventData::Scalar { value, .. } => value.as_str().into(),
                _ => "".into(),
            };
            let faults = self.diagnostics.len();
            let key = self.node(event, Some(id), Step::Key(Arc::clone(&text)), depth + 1)?;
            let is_string = matches!(self.tree.node(key).kind, NodeKind::String(_));
            if !is_string && self.diagnostics.len() == faults {
                self.error(key, "mapping keys must be strings");
            }
            let event = self.event()?;
            let value = self.node(event, Some(id), Step::Key(text), depth + 1)?;
            entries.push(Entry { key, value });
        }
    }

    /// Ends a collection: its span with its last child, its bytes with its bracket.
    fn close(&mut self, id: NodeId, last: Option<NodeId>, bracket: char, end: Mark) {
        let last = last.map(|last| (self.tree.node(last).span.end, self.tree.node(last).bytes.end));
        let end = self.offset(end);
        let node = &mut self.tree.nodes[id as usize];
        match (node.style, last) {
            (Style::Flow, last) => {
                node.bytes.end = end;
                if let Some((position, byte)) = last {
                    node.span.end = position;
                    // A pair in a list may lack brackets of its own.
                    if !self.source[..end as usize].ends_with(bracket) {
                        node.bytes.end = byte;
                    }
                }
            }
            (_, Some((position, byte))) => {
                node.span.end = position;
                node.bytes.end = byte;
            }
            (_, None) => {}
        }
    }

    fn scalar(&mut self, id: NodeId, begin: Mark, tag: Option<&str>, value: &str, style: ScalarStyle) {
        let tag = tag.filter(|&tag| !tag.is_empty() && tag != "!").map(short_tag);
        let plain = matches!(style, ScalarStyle::Plain | ScalarStyle::Any);
        let end = match (&tag, style) {
            (None, ScalarStyle::Literal) => {
                let (lines, last) = value.rsplit_once('\n').map_or((0, value), |(before, last)| {
                    (before.bytes().filter(|&byte| byte == b'\n').count() + 1, last)
                });
                let line = to_u32(lines) + line(begin);
                self.map.position(line, column(begin) + to_u32(last.len()))
            }
            (Some(tag), _) if plain => self.position(begin, tag.len() + 1 + value.len()),
            _ => self.position(begin, value.len()),
        };
        let resolved = match &tag {
            None if !plain || is_plain_string(value) => Ok(NodeKind::String(self.text(id, value))),
            tag => resolve(tag.as_deref(), value, || self.is_in_secret(id)),
        };
        let node = &mut self.tree.nodes[id as usize];
        node.span.end = end;
        if plain && tag.is_none() {
            node.style = Style::Plain;
        }
        match resolved {
            Ok(kind) => node.kind = kind,
            Err(summary) => self.error(id, summary),
        }
    }

    /// The text of a block scalar at the end of the source, without the line break that we added.
    fn without_added_break<'v>(&self, id: NodeId, value: &'v str) -> &'v str {
        let start = self.tree.node(id).bytes.start as usize;
        if !self.added_break || self.tree.node(id).bytes.end as usize != self.source.len() {
            return value;
        }
        let mut lines = self.source[start..].lines();
        let header = lines.next().unwrap_or_default();
        let is_kept = header.split_whitespace().any(|word| word.starts_with(['|', '>']) && word.contains('+'));
        let is_blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let last = self.source.rsplit('\n').next().unwrap_or_default();
        // A last line of nothing but its indentation is no part of the text.
        let first = lines.find(|line| !is_blank(line)).map(indent);
        let is_content = !is_blank(last) || first.is_some_and(|first| indent(last) > first);
        if is_kept || is_content { value.strip_suffix('\n').unwrap_or(value) } else { value }
    }

    /// Whether a node is inside the argument of `fn::secret`, so that its text must not be shown.
    fn is_in_secret(&self, id: NodeId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            let node = self.tree.node(id);
            if matches!(&node.step, Step::Key(key) if &**key == "fn::secret") {
                return true;
            }
            at = node.parent;
        }
        false
    }

    /// The text of a string; of a key it is there already.
    fn text(&self, id: NodeId, value: &str) -> Arc<str> {
        match &self.tree.node(id).step {
            Step::Key(key) if **key == *value => Arc::clone(key),
            _ => value.into(),
        }
    }

    /// What stands behind the line break that we added stands at the end of the text.
    fn within(&self, mark: Mark) -> Mark {
        if !self.added_break || self.skipped + index(mark) <= to_u32(self.source.len()) {
            return mark;
        }
        let last = self.source.rsplit(BREAKS).next().unwrap_or_default();
        let mut end = mark;
        end.line = mark.line.saturating_sub(1);
        end.column = last.chars().count() as u64;
        end
    }

    fn offset(&self, mark: Mark) -> u32 {
        (self.skipped + index(mark)).min(to_u32(self.source.len()))
    }

    fn position(&self, mark: Mark, offset: usize) -> Position {
        self.map.position(line(mark), column(mark) + to_u32(offset))
    }

    fn error(&mut self, id: NodeId, summary: impl Into<String>) {
        let range = self.tree.node(id).span.in_environment(self.name);
        self.diagnostics.push(Diagnostic::error(summary, Some(range), self.tree.path(id)));
    }
}

/// Where the quote is that opens a scalar, past its properties and the comments between them.
fn opening_quote(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += match rest.as_bytes().first() {
            None | Some(b'"') => return at,
            Some(b'#') => rest.find('\n').unwrap_or(rest.len()),
            Some(b'!' | b'&') => rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
            Some(_) => rest.chars().next().map_or(0, char::len_utf8),
        };
    }
}

fn index(mark: Mark) -> u32 {
    u32::try_from(mark.index).unwrap_or(u32::MAX)
}

fn line(mark: Mark) -> u32 {
    u32::try_from(mark.line).unwrap_or(u32::MAX - 1) + 1
}

fn column(mark: Mark) -> u32 {
    u32::try_from(mark.column).unwrap_or(u32::MAX - 1) + 1
}
