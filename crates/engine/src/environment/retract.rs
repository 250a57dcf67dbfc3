//! Retracting a revision: nobody reads or opens it any more, and another one takes its place.

use ledger::{Detail, Event, TextKey};
use store::environment::{self, Environment, Retraction};
use store::{Command, Done, Read, Records, Tx, revision_tag};

use super::find::{find, revision_number};
use super::{target, typed};
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine};

/// The longest reason, in characters.
const LONGEST: usize = 1_000;

/// Why a revision is retracted, in somebody's words.
#[derive(Clone, Debug)]
pub struct RetractionReason(String);

impl RetractionReason {
    /// A reason that is not too long.
    pub fn new(text: &str) -> Result<Self, Error> {
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.chars().count() > LONGEST || text.chars().any(is_control) {
            return Err(Error::Invalid(format!(
                "the reason must have at most {LONGEST} characters, and no control characters"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

struct Retract {
    attempt: Attempt,
    name: EnvironmentName,
    version: Version,
    replacement: Option<u64>,
    reason: Option<RetractionReason>,
    now: i64,
}

impl Retract {
    /// The revision that takes the place of the retracted one: the one that was asked for, or the
    /// newest before it that was not retracted itself.
    async fn replacement<R: Read>(&self, read: &mut R, environment: &Environment, number: u64) -> Result<u64, Error> {
        let Some(replacement) = self.replacement else {
            let before = environment::sound_before(read, &environment.id, number).await?;
            let missing = || Error::Invalid("no revision before this one could take its place; name one".into());
            return before.ok_or_else(missing);
        };
        if replacement == number {
            return Err(Error::Invalid("a revision cannot take its own place".into()));
        }
        match revision_number(read, environment, &Version::Number(replacement)).await {
            Err(Error::Absent(_)) => Err(Error::Invalid(format!("there is no revision {replacement}"))),
            found => found,
        }
    }
}

impl Command for Retract {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, now, .. } = self;
        let (_, environment, _) = find(tx, attempt, name, Level::Write).await?;
        let account = attempt.context().account().copied();
        let by = account.ok_or(Error::Forbidden("a revision is retracted by somebody with an account"))?;
        let number = revision_number(tx, &environment, &self.version).await?;
        attempt.target(target(&environment, number));
        if number == environment.revision {
            return Err(Error::Invalid("the newest revision cannot be retracted; store another one first".into()));
        }
        let replacement = self.replacement(tx, &environment, number).await?;
        let reason = self.reason.as_ref().map(|reason| &*reason.0);
        environment::retract(tx, &environment.id, number, &Retraction { replacement, by: &by, at: *now, reason })
            .await?;
        let tags = revision_tag::set_all(tx, &environment.id, number, replacement, &by, *now).await?;
        let detail = Detail::new().word("by", self.version.by());
        attempt.detail(detail.integer("replacement", replacement).integer("tags", tags));
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Retracts a revision in favor of another one, to which its tags move.
    pub async fn retract_revision(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
        replacement: Option<u64>,
        reason: Option<RetractionReason>,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentRevisionRetracted);
        attempt.target_names(typed(&name)).detail(Detail::new().word("by", version.by()));
        if let Version::Tag(tag) = &version {
            attempt.text(TextKey::Tag, tag);
        }
        if let Some(reason) = &reason {
            attempt.text(TextKey::Reason, &reason.0);
        }
        let (engine, now) = (self.clone(), cx.now);
        let retract = Retract { attempt, name, version, replacement, reason, now };
        self.detached(async move { engine.commit(retract).await }).await
    }
}
