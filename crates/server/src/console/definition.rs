//! A definition as lines to read: numbered, coloured, compared.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::views::{Change, CodeLine, Part};

/// Where a sealed value begins.
const SEALED: &str = "ciphertext:";
/// How much of a sealed value is shown: enough to see that it changed.
const SHOWN: usize = 8;

/// How many lines are shown; what is longer is read with the command line.
const LONGEST: usize = 10_000;
/// How long two texts may be compared before what is left of them counts as wholly another.
const PATIENCE: Duration = Duration::from_millis(200);

/// The lines of a definition.
pub(super) fn lines(text: &str) -> Vec<CodeLine> {
    shown((1..).zip(text.lines()).map(|(number, text)| line(Some(number), Change::Kept, text)))
}

/// What became of a definition since another one. It takes a while where they are large and nothing alike.
pub(super) fn compared(before: &str, after: &str) -> Vec<CodeLine> {
    let changes = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    shown(changes.iter_all_changes().map(|change| {
        let number = change.new_index().map(|index| index + 1);
        let became = match change.tag() {
            ChangeTag::Equal => Change::Kept,
            ChangeTag::Insert => Change::Added,
            ChangeTag::Delete => Change::Removed,
        };
        line(number, became, change.value().trim_end_matches(['\n', '\r']))
    }))
}

/// As many lines as are shown, and that there are more if there are.
fn shown(mut all: impl Iterator<Item = CodeLine>) -> Vec<CodeLine> {
    let mut shown: Vec<_> = all.by_ref().take(LONGEST).collect();
    if all.next().is_some() {
        let text = "… more lines follow, which the command line shows".to_owned();
        shown.push(CodeLine { number: None, change: Change::Kept, parts: vec![Part { kind: "comment", text }] });
    }
    shown
}

fn line(number: Option<usize>, change: Change, text: &str) -> CodeLine {
    CodeLine { number, change, parts: parts(&without_sealed(text)) }
}

/// The parts of a line, by how YAML is usually written. It is there to be looked at: what it takes for something else
/// is shown all the same.
fn parts(text: &str) -> Vec<Part> {
    let part = |kind, text: &str| Part { kind, text: text.to_owned() };
    let indent = text.len() - text.trim_start_matches([' ', '-']).len();
    let (start, rest) = text.split_at(indent);
    let mut parts = Vec::new();
    if !start.is_empty() {
        parts.push(part("", start));
    }
    if rest.starts_with('#') {
        parts.push(part("comment", rest));
    } else if let Some(end) = key(rest) {
        let (key, value) = rest.split_at(end);
        parts.push(part(if key.starts_with("fn::") { "call" } else { "key" }, key));
        parts.push(part("", value));
    } else if !rest.is_empty() {
        parts.push(part("", rest));
    }
    parts
}

/// Where the key of a line ends, if it has one.
fn key(text: &str) -> Option<usize> {
    let end = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
    text[..end].chars().all(|character| character.is_alphanumeric() || "_-.:/\"'".contains(character)).then_some(end)
}

/// The line, with little of what is sealed in it: nobody reads that, and it is long.
fn without_sealed(text: &str) -> String {
    let is_sealed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=');
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(SEALED) {
        let (head, tail) = rest.split_at(start + SEALED.len());
        let value = tail.trim_start();
        let (value, after) = value.split_at(value.find(|character| !is_sealed(character)).unwrap_or(value.len()));
        shown.extend([head, " …", &value[value.len().saturating_sub(SHOWN)..]]);
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::{Change, compared, lines, parts, without_sealed};

    fn text(line: &super::CodeLine) -> String {
        line.parts.iter().map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn every_line_says_what_it_said() {
        let definition = "# for the shop\nvalues:\n  - fn::secret: x\n  a: b: c\n\n  \"q: r\": 'é'\n";
        let shown: Vec<_> = lines(definition).iter().map(text).collect();
        assert_eq!(shown, definition.lines().collect::<Vec<_>>());
        let kinds: Vec<_> = parts("  - fn::secret: x").iter().map(|part| part.kind).collect();
        assert_eq!(kinds, ["", "call", ""]);
    }

    #[test]
    fn what_is_sealed_is_cut_and_still_tells_of_a_change() {
        let sealed = "ZXNjeAAAAAEAAAEA0123456789abcdefGH==";
        assert_eq!(without_sealed(&format!("ciphertext: {sealed}")), "ciphertext: …cdefGH==");
        let flow = format!("{{a: {{ciphertext: {sealed}}}, b: {{ciphertext: {sealed}}}}}");
        assert_eq!(without_sealed(&flow), "{a: {ciphertext: …cdefGH==}, b: {ciphertext: …cdefGH==}}");
        assert_eq!(without_sealed("ciphertext:"), "ciphertext: …");
    }

    #[test]
    fn a_comparison_has_the_new_numbers() {
        let shown = compared("a: 1\nb: 2\n", "a: 1\nb: 3\nc: 4");
        let shown: Vec<_> = shown.iter().map(|line| (line.number, line.change, text(line))).collect();
        let expected = [
            (Some(1), Change::Kept, "a: 1"),
            (None, Change::Removed, "b: 2"),
            (Some(2), Change::Added, "b: 3"),
            (Some(3), Change::Added, "c: 4"),
        ];
        assert_eq!(shown, expected.map(|(number, change, text)| (number, change, text.to_owned())));
    }

    #[test]
    fn what_is_made_to_be_slow_is_not() {
        let line = "ciphertext:;".repeat(100_000);
        assert_eq!(without_sealed(&line).matches('…').count(), 100_000);
        let shown = compared(&"#a\n".repeat(300_000), &"#b\n".repeat(300_000));
        assert_eq!(shown.len(), super::LONGEST + 1);
        assert!(text(shown.last().unwrap()).starts_with("… more lines"));
    }
}
