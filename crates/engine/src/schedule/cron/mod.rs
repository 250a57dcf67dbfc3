//! When a schedule runs again and again: the five fields of `cron`, in UTC.
//!
//! Minute, hour, day of the month, month, day of the week (POSIX, `crontab`): numbers, ranges `1-5`, steps `*/2`, lists,
//! and names of months and days. If both kinds of day are given, either one will do. What would run more often than once
//! a day is refused.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use thiserror::Error;

/// How many days ahead a day is looked for: from one 29 February to the next may be eight years.
const DAYS_AHEAD: usize = 8 * 366 + 1;
/// The longest text.
const LONGEST: usize = 200;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// When a schedule runs again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minute: i8,
    hour: i8,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// Why a text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CronError {
    /// It has not five fields.
    #[error("a cron expression has five fields: minute, hour, day of the month, month, day of the week")]
    Fields,
    /// A field is not what it may be.
    #[error("the {0} of the cron expression is not valid")]
    Field(&'static str),
    /// It means more than one time a day.
    #[error("a schedule must not run more often than once a day: give one minute and one hour")]
    TooOften,
    /// It means no time at all.
    #[error("the cron expression names a day that never comes")]
    Never,
}

/// The values that a field allows, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// It was written as `*`, with or without a step: it does not choose.
    is_star: bool,
}

impl Field {
    const fn has(self, value: i8) -> bool {
        self.bits & (1 << value) != 0
    }

    /// The value, if it is the only one.
    fn only(self) -> Option<i8> {
        i8::try_from(self.bits.trailing_zeros()).ok().filter(|_| self.bits.is_power_of_two())
    }
}

impl Cron {
    /// Reads the five fields.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if text.len() > LONGEST {
            return Err(CronError::Fields);
        }
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return Err(CronError::Fields) };
        let minutes = field(minutes, 0, 59, &[]).ok_or(CronError::Field("minute"))?;
        let hours = field(hours, 0, 23, &[]).ok_or(CronError::Field("hour"))?;
        let days = field(days, 1, 31, &[]).ok_or(CronError::Field("day of the month"))?;
        let months = field(months, 1, 12, &MONTHS).ok_or(CronError::Field("month"))?;
        let mut weekdays = field(weekdays, 0, 7, &DAYS).ok_or(CronError::Field("day of the week"))?;
        // Sunday is 0 and 7.
        weekdays.bits |= weekdays.bits >> 7 & 1;
        let (Some(minute), Some(hour)) = (minutes.only(), hours.only()) else { return Err(CronError::TooOften) };
        let cron = Self { text: fields.join(" "), minute, hour, days, months, weekdays };
        // Any time before a leap year will do: what comes in no eight years never comes.
        cron.day_from(date(2096, 3, 1)).ok_or(CronError::Never)?;
        Ok(cron)
    }

    /// The five fields, with one space between.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after this one, in microseconds UTC; none beyond the calendar.
    pub fn next_after(&self, micros: i64) -> Option<i64> {
        let after = Timestamp::from_microsecond(micros).ok()?;
        let today = TimeZone::UTC.to_datetime(after).date();
        let first = self.day_from(today)?;
        let at = |day: Date| {
            let time = day.at(self.hour, self.minute, 0, 0);
            TimeZone::UTC.to_timestamp(time).ok().map(Timestamp::as_microsecond)
        };
        match at(first)? {
            time if time > micros => Some(time),
            _ => at(self.day_from(first.tomorrow().ok()?)?),
        }
    }

    /// The first day from this one on.
    fn day_from(&self, from: Date) -> Option<Date> {
        let days = std::iter::successors(Some(from), |day| day.tomorrow().ok());
        days.take(DAYS_AHEAD).find(|day| self.has_day(*day))
    }

    fn has_day(&self, day: Date) -> bool {
        let of_month = self.days.has(day.day());
        let of_week = self.weekdays.has(day.weekday().to_sunday_zero_offset());
        let chosen = if self.days.is_star || self.weekdays.is_star { of_month && of_week } else { of_month || of_week };
        chosen && self.months.has(day.month())
    }
}

/// Reads a list of ranges.
fn field(text: &str, lowest: i8, highest: i8, names: &[&str]) -> Option<Field> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (lowest, highest),
            Some((first, last)) => (value(first, lowest, names)?, value(last, lowest, names)?),
            // `5/10` begins at 5 and goes on to the end.
            None if step.is_some() => (value(range, lowest, names)?, highest),
            None => {
                let only = value(range, lowest, names)?;
                (only, only)
            }
        };
        let step = step.unwrap_or(1);
        if first < lowest || last > highest || first > last || step < 1 {
            return None;
        }
        let mut at = first;
        while at <= last {
            bits |= 1 << at;
            at = at.checked_add(step)?;
        }
    }
    Some(Field { bits, is_star: text.starts_with('*') })
}

/// A number, or a name for one.
fn value(text: &str, least: i8, names: &[&str]) -> Option<i8> {
    match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(place) => Some(i8::try_from(place).ok()? + least),
        None => number(text),
    }
}

fn number(text: &str) -> Option<i8> {
    let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
