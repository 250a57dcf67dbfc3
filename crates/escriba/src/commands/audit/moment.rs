//! Times and durations as people type them.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, ToSpan as _};

/// A point in time: the whole of a day, a moment, or how long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A day of UTC.
    Day(Date),
    /// A moment.
    At(Timestamp),
    /// How long before now.
    Ago(SignedDuration),
}

impl std::str::FromStr for Moment {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(seconds) = text.parse::<i64>() {
            return Ok(Self::At(Timestamp::from_second(seconds)?));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        if text.contains('-') && !text.contains('T') {
            return text.parse().map(Self::Day).map_err(|_| anyhow!("`{text}` is no date such as 2026-03-01"));
        }
        match duration(text) {
            Ok(duration) => Ok(Self::Ago(duration)),
            Err(_) => bail!(
                "`{text}` is no time: give 2026-03-01T09:15:00Z, a date such as 2026-03-01, or how long ago, as in 2h"
            ),
        }
    }
}

impl Moment {
    /// Its first second, in Unix time.
    pub(crate) fn first_second(self, now: Timestamp) -> Result<i64> {
        match self {
            Self::Day(date) => Ok(date.to_zoned(TimeZone::UTC)?.timestamp().as_second()),
            Self::At(at) => Ok(at.as_second()),
            Self::Ago(duration) => Ok(now.checked_sub(duration)?.as_second()),
        }
    }

    /// Its last second, in Unix time.
    pub(crate) fn last_second(self, now: Timestamp) -> Result<i64> {
        match self {
            Self::Day(date) => Ok(date.checked_add(1.day())?.to_zoned(TimeZone::UTC)?.timestamp().as_second() - 1),
            Self::At(_) | Self::Ago(_) => self.first_second(now),
        }
    }
}

/// The machine's clock, read once a command: `2h` ago is meant as of then.
#[expect(clippy::disallowed_methods, reason = "a command of a person has no context but the machine's clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A duration such as `90m`, `1h30m` or `7d`.
fn duration(text: &str) -> Result<SignedDuration> {
    let duration = text.parse::<Span>()?.to_duration(SpanRelativeTo::days_are_24_hours())?;
    if duration.is_negative() {
        bail!("a duration is not negative");
    }
    Ok(duration)
}

/// How often to ask: between a fifth of a second and an hour.
pub(crate) fn parse_interval(text: &str) -> Result<Duration> {
    let duration = duration(text).map_err(|_| anyhow!("`{text}` is no duration such as 2s or 1m"))?;
    let duration = Duration::try_from(duration)?;
    if !(Duration::from_millis(200)..=Duration::from_hours(1)).contains(&duration) {
        bail!("give between 200ms and 1h");
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> [i64; 2] {
        let now = "2026-03-10T12:00:00Z".parse().unwrap();
        let moment: Moment = text.parse().unwrap();
        [moment.first_second(now).unwrap(), moment.last_second(now).unwrap()]
    }

    #[test]
    fn a_time_is_a_moment_a_day_or_how_long_ago() {
        let noon = 1_773_144_000;
        assert_eq!(seconds("2026-03-10T12:00:00Z"), [noon; 2]);
        assert_eq!(seconds("2026-03-10T13:00:00+01:00"), [noon; 2]);
        assert_eq!(seconds("1773144000"), [noon; 2]);
        assert_eq!(seconds("2026-03-10"), [noon - 43_200, noon + 43_199]);
        assert_eq!(seconds("2h"), [noon - 7_200; 2]);
        assert_eq!(seconds("1h30m"), [noon - 5_400; 2]);
        assert_eq!(seconds("7d"), [noon - 604_800; 2]);
        for bad in ["", "yesterday", "2026-13-01", "-2h", "2 parsecs"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_interval_is_neither_a_flood_nor_for_ever() {
        assert_eq!(parse_interval("2s").unwrap(), Duration::from_secs(2));
        for bad in ["0s", "10ms", "2h", "2", "-2s"] {
            assert!(parse_interval(bad).is_err(), "{bad}");
        }
    }
}
