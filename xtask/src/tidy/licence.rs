//! Licence expressions: which choice among them suffices.

/// Whether a licence expression (SPDX) can be met with licences of `allowed`.
///
/// `a OR b`, or `a/b` as older manifests write it, is met by either; `a AND b` by both. An expression that cannot be read
/// is not met.
pub(super) fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let met = reader.any();
    met == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reader<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut met = self.every()?;
        while self.take("OR") {
            met |= self.every()?;
        }
        Some(met)
    }

    fn every(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let (name, rest) = self.words.split_first()?;
        self.words = rest;
        if !self.take("WITH") {
            return Some(self.allows(name));
        }
        let (exception, rest) = self.words.split_first()?;
        self.words = rest;
        Some(self.allows(&format!("{name} WITH {exception}")))
    }

    fn allows(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == name)
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_by_a_choice_among_the_allowed() {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for (expression, met) in [
            ("MIT", true),
            ("Apache-2.0", false),
            ("MIT OR Apache-2.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            ("MIT AND ISC", true),
            ("ISC AND (Apache-2.0 OR MIT)", true),
            ("ISC AND (Apache-2.0 OR GPL-3.0)", false),
            ("GPL-3.0 OR MIT AND ISC", true),
            ("MIT AND GPL-3.0 OR ISC", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH some-exception", false),
            ("", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT ISC", false),
        ] {
            assert_eq!(is_met(expression, &allowed), met, "{expression}");
        }
    }
}
