//! Tags that a comma follows in brackets, such as `[!a,b]`: an error, on which the parser panics instead.
//!
//! Whether such a text is a tag depends on what is around it. So the parser is asked, with a text that ends there in a
//! character that it does refuse.

/// What the parser says of a tag that ends in the wrong character.
pub(super) const PROBLEM: &str = "did not find expected whitespace or line break";

/// Each of them is as much work as the text. Texts with more are left to the parser, whose panic is caught.
const MOST: usize = 16;

/// Texts that fail with the problem above if one of them, in turn, has such a tag.
pub(super) fn probes(source: &str) -> Vec<String> {
    let mut probes = Vec::new();
    for (comma, _) in source.match_indices(',') {
        let before = &source[..comma];
        let word = before.rfind([',', ' ', '\t', '\n', '\r']).map_or(before, |at| &before[at..]);
        if word.contains('!') {
            if probes.len() == MOST {
                return Vec::new();
            }
            probes.push(format!("{before}^"));
        }
    }
    probes
}

#[cfg(test)]
mod tests {
    use crate::eval::Limits;
    use crate::syntax::parse;

    /// What is wrong with a text.
    fn found(source: &str) -> String {
        let document = parse(&"p/e".into(), source, &Limits::default());
        document.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_tag_before_a_comma_is_an_error_with_its_line() {
        assert_eq!(found("[!a,b]"), "yaml: did not find expected whitespace or line break");
        assert_eq!(found("a:\n  b: [c, !d,e]\n"), "yaml: line 2: did not find expected whitespace or line break");
        assert_eq!(found("a:\n  b: [!<tag:x>,e]\n"), "yaml: line 2: did not find expected whitespace or line break");
        assert_eq!(
            found("a: [\n  ']', # !x,\n  !,e]\n"),
            "yaml: line 3: did not find expected whitespace or line break"
        );
    }

    #[test]
    fn text_that_only_looks_like_one_is_fine() {
        for source in ["a: 'hi!, x'", "a: hi!,x", "[a !b,c, 'x !d,e']", "# !a,b\na: |\n  [!a,b]\n", "[!a b, c!,d]"] {
            assert_eq!(found(source), "", "{source}");
        }
    }

    #[test]
    fn many_of_them_are_not_tried_one_by_one() {
        let source = format!("a: '{}'", "!x,".repeat(300_000));
        assert_eq!(found(&source), "");
    }
}
