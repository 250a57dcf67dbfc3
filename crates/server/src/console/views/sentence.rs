//! What happened, in a sentence whose subject stands out.

/// A sentence in three pieces. Joined they are the sentence of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// What comes before the subject.
    pub before: String,
    /// What is emphasised; may be empty.
    pub subject: String,
    /// What comes after it.
    pub after: String,
}

impl Sentence {
    /// A sentence with nothing to emphasise.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), ..Self::default() }
    }

    /// Emphasises the first `subject` in `text`. Quotation marks around it go,
    /// since the emphasis takes their place.
    pub fn around(text: &str, subject: &str) -> Self {
        if subject.is_empty() {
            return Self::plain(text);
        }
        let quoted = format!("\"{subject}\"");
        let Some((before, after)) = text.split_once(&quoted).or_else(|| text.split_once(subject)) else {
            return Self::plain(text);
        };
        Self { before: before.to_owned(), subject: subject.to_owned(), after: after.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_emphasised_where_the_sentence_names_it() {
        let pieces = |text: &str, subject: &str| {
            let Sentence { before, subject, after } = Sentence::around(text, subject);
            [before, subject, after]
        };
        assert_eq!(pieces("Opened \"acme/web/prod\" at 7", "acme/web/prod"), ["Opened ", "acme/web/prod", " at 7"]);
        assert_eq!(pieces("Opened acme/web/prod", "acme/web/prod"), ["Opened ", "acme/web/prod", ""]);
        assert_eq!(pieces("Signed in", "acme/web/prod"), ["Signed in", "", ""]);
        assert_eq!(pieces("Signed in", ""), ["Signed in", "", ""]);
    }
}
