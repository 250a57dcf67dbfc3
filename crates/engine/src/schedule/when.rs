//! When a schedule runs, and what it is for: checked once at the edge.

use lang::PropertyPath;
use store::schedule::Schedule;

use super::cron::Cron;
use crate::error::Error;

/// The longest path of a property.
const LONGEST: usize = 1_000;

/// When a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Again and again.
    Repeatedly(Cron),
    /// Once, at a time in microseconds UTC.
    Once(i64),
}

impl When {
    /// Reads what a person wrote: the five fields of `cron`.
    pub fn cron(text: &str) -> Result<Self, Error> {
        Cron::parse(text).map(Self::Repeatedly).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Reads what a person wrote: a time (RFC 3339).
    pub fn once(text: &str) -> Result<Self, Error> {
        let time = text.parse::<jiff::Timestamp>();
        let time =
            time.map_err(|_| Error::Invalid("`scheduleOnce` must be a time such as 2026-11-25T03:00:00Z".into()))?;
        Ok(Self::Once(time.as_microsecond()))
    }

    /// When a stored schedule runs. None for what this version cannot read: it then never runs.
    pub(super) fn of(schedule: &Schedule) -> Option<Self> {
        match (&schedule.cron, schedule.once_at) {
            (Some(text), _) => Cron::parse(text).ok().map(Self::Repeatedly),
            (None, Some(at)) => Some(Self::Once(at)),
            (None, None) => None,
        }
    }

    /// The first time after this one.
    pub(super) fn next_after(&self, now: i64) -> Option<i64> {
        match self {
            Self::Repeatedly(cron) => cron.next_after(now),
            Self::Once(at) => Some(*at).filter(|at| *at > now),
        }
    }
}

/// Which secret of an environment is rotated: the path of a property, or all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationPath(String);

impl RotationPath {
    /// Reads a path; an empty one means all.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::Invalid("the path of the property is too long".into()));
        }
        match PropertyPath::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(Error::Invalid(format!("the path of the property is not valid: {error}"))),
        }
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
