//! Updating an environment: check, seal the secrets, store a revision.

use lang::{Diagnostic, Mode, Program};
use ledger::{Detail, EnvironmentId, Event, Statement, Target};
use store::environment::{self, Revision};
use store::import::Import;
use store::{Command, Done, Records, Tx};

use super::find::{Look, find};
use super::imports::imports;
use super::{target, typed};
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::resolve::{Rest, Root};
use crate::{Answer, Engine};

/// A stored update.
pub struct Updated {
    /// The new revision.
    pub revision: u64,
    /// Names the new revision, for `ETag`.
    pub etag: String,
    /// What the check warned of.
    pub warnings: Vec<Diagnostic>,
}

/// Names a revision of an environment.
pub(super) fn etag(environment: EnvironmentId, revision: u64) -> String {
    format!("{environment}.{revision}")
}

struct Update {
    attempt: Attempt,
    name: EnvironmentName,
    environment: EnvironmentId,
    definition: String,
    imports: Vec<Import>,
    expected: Option<String>,
    warnings: Vec<Diagnostic>,
    now: i64,
}

impl Command for Update {
    type Output = Updated;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Updated>, Error> {
        let Self { attempt, name, now, .. } = self;
        let (_, environment, _) = find(tx, attempt, name, Level::Write).await?;
        if environment.id != self.environment {
            return Err(Error::Absent(What::Environment));
        }
        let before = environment.revision;
        if self.expected.as_ref().is_some_and(|expected| *expected != etag(environment.id, before)) {
            return Err(Error::Precondition);
        }
        let account = attempt.context().account().copied();
        let author = account.ok_or(Error::Forbidden("an environment is updated by somebody with an account"))?;
        let revision = Revision { number: before + 1, definition: self.definition.clone() };
        environment::insert_revision(tx, &environment.id, &revision, &self.imports, &author, *now).await?;
        environment::set_revision(tx, &environment.id, revision.number, *now).await?;
        attempt.target(Target { before: Some(before), ..target(&environment, revision.number) });
        let updated = Updated {
            revision: revision.number,
            etag: etag(environment.id, revision.number),
            warnings: self.warnings.clone(),
        };
        Ok(attempt.done(updated))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Stores a definition as the newest revision, if it has no errors. `expected` is the
    /// `ETag` that the caller last saw.
    pub async fn update_environment(
        &self,
        cx: &Context,
        name: EnvironmentName,
        definition: String,
        expected: Option<String>,
    ) -> Answer<Updated> {
        let attempt = self.attempt(cx, Event::EnvironmentUpdated);
        attempt.target_names(typed(&name));
        let (engine, now) = (self.clone(), cx.now);
        let definition = first_document(&definition).to_owned();
        self.detached(async move {
            let look =
                Look { attempt: attempt.clone(), name: name.clone(), version: Version::Newest, need: Level::Write };
            let found = engine.look(look).await?;
            let sealed = async {
                let warnings = engine.check_for_update(&attempt, &found, &name, &definition).await?;
                let sealed = engine.encrypt_definition(&found.entered, found.environment.id, &definition).await?;
                Ok((sealed, warnings))
            };
            let (sealed, warnings) = match sealed.await {
                Ok(sealed) => sealed,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            attempt
                .detail(
                    Detail::new()
                        .integer("bytes", sealed.len() as u64)
                        .boolean("unchanged", sealed == found.revision.definition),
                )
                .definition(Statement::definition(seal::sha256(sealed.as_bytes())));
            let environment = found.environment.id;
            let imports = imports(name.organization(), &sealed);
            let update = Update { attempt, name, environment, definition: sealed, imports, expected, warnings, now };
            engine.commit(update).await
        })
        .await
    }

    /// Checks a definition that is about to be stored, and gives what it warns of.
    async fn check_for_update(
        &self,
        attempt: &Attempt,
        found: &super::find::Found,
        name: &EnvironmentName,
        definition: &str,
    ) -> Result<Vec<Diagnostic>, Error> {
        let parsed = Program::parse(&name.qualified(), definition);
        let program = parsed.program.ok_or(Error::Diagnostics(parsed.diagnostics))?;
        if program.is_empty() && !program.is_broken() {
            // Nothing to evaluate: an empty text is a definition too.
            return Ok(program.diagnostics().to_vec());
        }
        let root = Root {
            program: std::sync::Arc::new(program),
            environment: Some((found.environment.id, found.environment.revision)),
            imports: Vec::new(),
            rest: Rest::Follows,
        };
        let mode = Mode::Check { show_secrets: false };
        let resolved = self.resolve(attempt, &found.entered, root, mode, Level::Read).await?;
        Ok(resolved.warnings)
    }
}

/// A definition is one YAML document. What comes after it means nothing, and no secret in it would
/// be sealed: it is not kept.
///
/// The markers stand at the start of a line and mean the same even within a scalar, so that no
/// parser is needed to find them.
fn first_document(definition: &str) -> &str {
    const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
    let is_marker = |line: &str, marker: &str| {
        line.strip_prefix(marker).is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
    };
    let mut started = false;
    let mut start = 0;
    for line in definition.split_inclusive(BREAKS) {
        let text = line.trim_start_matches('\u{feff}');
        if started && (is_marker(text, "---") || is_marker(text, "...")) {
            return &definition[..start];
        }
        let text = text.trim();
        let is_preamble = text.is_empty() || text.starts_with(['#', '%']);
        started |= !is_preamble;
        start += line.len();
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::first_document;

    #[test]
    fn what_follows_the_first_document_is_not_kept() {
        let cases = [
            ("", ""),
            ("values: {}\n", "values: {}\n"),
            ("# a\n---\nvalues: {}\n", "# a\n---\nvalues: {}\n"),
            ("%YAML 1.1\n---\nvalues: {}\n...\n", "%YAML 1.1\n---\nvalues: {}\n"),
            ("a: 1\n---\nb: 2\n", "a: 1\n"),
            ("a: 1\r\n--- b: 2", "a: 1\r\n"),
            ("a: 1\r---\tb: 2", "a: 1\r"),
            ("--- a\n--- b", "--- a\n"),
            ("a: |\n  text\n---", "a: |\n  text\n"),
            ("a: |\n  ---\n  more\n", "a: |\n  ---\n  more\n"),
            ("a: ---\n----: 1\n", "a: ---\n----: 1\n"),
            ("---\n---\nvalues: {}\n", "---\n"),
        ];
        for (text, first) in cases {
            assert_eq!(first_document(text), first, "{text:?}");
        }
    }
}
