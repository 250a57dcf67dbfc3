//! Query parameters, as the official clients send them: empty means absent.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::App;
use super::problem::Problem;

/// The query of a request. The last of several values of one name counts.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl FromRequestParts<App> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|_| Problem::invalid("the query is not valid"))
    }
}

impl Parameters {
    /// The value of a parameter, unless it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// The value of the first of several names that has one: two spellings of one parameter.
    pub(crate) fn either(&self, names: [&str; 2]) -> Option<&str> {
        names.into_iter().find_map(|name| self.get(name))
    }

    /// An integer.
    pub(crate) fn integer<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parse = |value: &str| value.parse().map_err(|_| Problem::invalid(format!("`{name}` must be an integer")));
        self.get(name).map(parse).transpose()
    }

    /// A yes or no: `true`, `false`, `1` or `0`.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// A length of time as Go writes it (`2h0m0s`, `90m`, `1.5h`), in seconds.
    pub(crate) fn duration(&self, name: &str, default: u64) -> Result<u64, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        seconds(text).ok_or_else(|| Problem::invalid(format!("`{name}` must be a duration such as `2h` or `90m`")))
    }

    /// Refuses parameters that are not known: a filter that is silently ignored misleads.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Problem::invalid(format!(
                "`{}` is no parameter of this endpoint; it takes {}",
                name.chars().take(60).collect::<String>(),
                known.join(", ")
            ))),
        }
    }
}

/// Go's duration syntax: numbers with a fraction and a unit, one after the other.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let value: f64 = rest[..number].parse().ok()?;
        rest = &rest[number..];
        let units = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
        // `ms` before `m`: the longest unit that fits.
        let (unit, factor) =
            units.into_iter().filter(|(unit, _)| rest.starts_with(unit)).max_by_key(|(unit, _)| unit.len())?;
        total += value * factor;
        rest = &rest[unit.len()..];
    }
    // A duration below a second still opens for one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked to lie in range")]
    (total.is_finite() && (0.0..1e12).contains(&total) && !text.is_empty()).then(|| total.ceil() as u64)
}

/// A length of time as Go writes it.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let read = ["2h0m0s", "90m", "1.5h", "1h30m", "500ms", "2h", "0", "1µs"].map(seconds);
        assert_eq!(read, [7_200, 5_400, 5_400, 5_400, 1, 7_200, 0, 1].map(Some));
        for bad in ["", "2", "h", "1x", "-1h", "1h ", "1e3s", "..s"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
