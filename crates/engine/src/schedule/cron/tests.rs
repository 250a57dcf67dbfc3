//! The next time of a cron expression, held against trying every minute.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Cron, CronError};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn micros(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
}

fn next(cron: &str, after: &str) -> String {
    let next = Cron::parse(cron).unwrap().next_after(micros(after)).unwrap();
    Timestamp::from_microsecond(next).unwrap().to_string()
}

#[test]
fn the_next_time_is_after_and_never_the_same() {
    let cases = [
        ("0 3 * * *", "2026-11-25T02:59:59.999999Z", "2026-11-25T03:00:00Z"),
        ("0 3 * * *", "2026-11-25T03:00:00Z", "2026-11-26T03:00:00Z"),
        ("30 23 * * sun", "2026-11-25T12:00:00Z", "2026-11-29T23:30:00Z"),
        ("30 23 * * 7", "2026-11-25T12:00:00Z", "2026-11-29T23:30:00Z"),
        ("0 0 1 JAN *", "2026-11-25T12:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("5 4 */10 * *", "2026-11-02T00:00:00Z", "2026-11-11T04:05:00Z"),
        ("5 4 10/10 * *", "2026-11-02T00:00:00Z", "2026-11-10T04:05:00Z"),
        // Either kind of day will do, if both are given.
        ("0 0 13 * fri", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 26 * fri", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
        // One that begins with a star does not choose, it only limits.
        ("0 0 */2 * fri", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"),
    ];
    for (cron, after, expected) in cases {
        assert_eq!(next(cron, after), expected, "{cron} after {after}");
    }
}

#[test]
fn what_is_no_expression_is_refused_with_the_field() {
    let cases = [
        ("", CronError::Fields),
        ("* * * *", CronError::Fields),
        ("0 0 * * * *", CronError::Fields),
        ("@daily", CronError::Fields),
        ("60 0 * * *", CronError::Field("minute")),
        ("+1 0 * * *", CronError::Field("minute")),
        ("0 24 * * *", CronError::Field("hour")),
        ("0 -1 * * *", CronError::Field("hour")),
        ("0 0 0 * *", CronError::Field("day of the month")),
        ("0 0 5-1 * *", CronError::Field("day of the month")),
        ("0 0 1,, * *", CronError::Field("day of the month")),
        ("0 0 * 13 *", CronError::Field("month")),
        ("0 0 * mon *", CronError::Field("month")),
        ("0 0 * * 8", CronError::Field("day of the week")),
        ("0 0 * * */0", CronError::Field("day of the week")),
        ("0 0 * * ?", CronError::Field("day of the week")),
        ("* 0 * * *", CronError::TooOften),
        ("0 */12 * * *", CronError::TooOften),
        ("0,30 0 1 * *", CronError::TooOften),
        ("0 0 31 2 *", CronError::Never),
        ("0 0 30,31 feb *", CronError::Never),
    ];
    for (text, expected) in cases {
        assert_eq!(Cron::parse(text), Err(expected), "{text}");
    }
    assert_eq!(Cron::parse("  0   3 *  * MON ").unwrap().as_str(), "0 3 * * MON");
}

/// A field as text, and what it means: none for `*`.
fn field(lowest: i8, highest: i8) -> impl Strategy<Value = (String, Option<Vec<i8>>)> {
    let range = (lowest..=highest, 0..=highest, 1..5_i8).prop_map(move |(first, length, step)| {
        let last = first.saturating_add(length).min(highest);
        let values: Vec<i8> = (first..=last).step_by(usize::try_from(step).unwrap()).collect();
        (format!("{first}-{last}/{step}"), values)
    });
    let one = (lowest..=highest).prop_map(|value| (value.to_string(), vec![value]));
    let parts = prop::collection::vec(prop_oneof![range, one], 1..4).prop_map(|parts| {
        let (texts, values): (Vec<String>, Vec<Vec<i8>>) = parts.into_iter().unzip();
        (texts.join(","), Some(values.concat()))
    });
    prop_oneof![Just(("*".to_owned(), None)), parts]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every minute of some weeks is tried, with the calendar's own word on what day it is.
    #[test]
    fn the_next_time_is_the_first_minute_that_fits(
        minute in 0..60_i8,
        hour in 0..24_i8,
        days in field(1, 31),
        months in field(1, 12),
        weekdays in field(0, 7),
        start in 0..(40 * 365 * DAY),
    ) {
        let text = format!("{minute} {hour} {} {} {}", days.0, months.0, weekdays.0);
        let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
        let next = cron.next_after(start).unwrap();
        prop_assert!(next > start);
        let fits = |at: i64| {
            let time = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(at).unwrap());
            let has = |values: &Option<Vec<i8>>, value| values.as_ref().is_none_or(|values| values.contains(&value));
            let weekday = time.weekday().to_sunday_zero_offset();
            let of_month = has(&days.1, time.day());
            let of_week = has(&weekdays.1, weekday) || weekday == 0 && has(&weekdays.1, 7);
            let is_day = if days.1.is_some() && weekdays.1.is_some() { of_month || of_week } else { of_month && of_week };
            time.minute() == minute && time.hour() == hour && has(&months.1, time.month()) && is_day
        };
        prop_assert!(fits(next), "{text}: {next}");
        // Long waits are tried at the one minute of each day, short ones at every minute.
        let first = start - start % MINUTE + MINUTE;
        let step = if next - start > 20 * DAY { DAY } else { MINUTE };
        let first = if step == DAY { next - (next - first) / DAY * DAY } else { first };
        let mut at = first;
        while at < next {
            prop_assert!(!fits(at), "{text}: {at} is before {next}");
            at += step;
        }
    }
}
