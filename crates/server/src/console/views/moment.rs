//! A point in time as people read it: how long ago, and exactly when.

use jiff::Timestamp;

/// A time in UTC. The script turns it into local time on request and keeps the
/// relative words fresh; without it the page says what was true when made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339 with microseconds, for `<time datetime>`.
    pub datetime: String,
    /// Such as `2026-03-01 09:15:00`, in UTC and without saying so.
    pub exact: String,
    /// Such as `3 minutes ago`.
    pub relative: String,
}

impl Moment {
    /// `at`, seen from `now`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self {
            datetime: at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
            exact: at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            relative: relative(now.as_second().saturating_sub(at.as_second())),
        }
    }
}

/// The script has the same steps: a page must not change its words on load.
fn relative(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (count, unit) = match seconds {
        ..10 => return "just now".to_owned(),
        10..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ if seconds < 30 * DAY => (seconds / DAY, "day"),
        _ if seconds < 365 * DAY => (seconds / (30 * DAY), "month"),
        _ => (seconds / (365 * DAY), "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_relative_to_the_time_of_the_page_and_exact_in_utc() {
        let at: Timestamp = "2026-03-01T09:15:00.123456Z".parse().expect("a timestamp");
        let now: Timestamp = "2026-03-01T09:18:30Z".parse().expect("a timestamp");
        assert_eq!(
            Moment::new(at, now),
            Moment {
                datetime: "2026-03-01T09:15:00.123456Z".to_owned(),
                exact: "2026-03-01 09:15:00".to_owned(),
                relative: "3 minutes ago".to_owned(),
            }
        );
    }

    #[test]
    fn relative_words_grow_with_the_distance() {
        let words: Vec<String> =
            [-5, 9, 10, 59, 60, 119, 3_600, 86_399, 86_400, 2_591_999, 2_592_000, 31_535_999, 63_072_000]
                .into_iter()
                .map(relative)
                .collect();
        assert_eq!(
            words,
            [
                "just now",
                "just now",
                "10 seconds ago",
                "59 seconds ago",
                "1 minute ago",
                "1 minute ago",
                "1 hour ago",
                "23 hours ago",
                "1 day ago",
                "29 days ago",
                "1 month ago",
                "12 months ago",
                "2 years ago"
            ]
        );
    }
}
