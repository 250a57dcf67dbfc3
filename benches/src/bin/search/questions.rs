//! What is asked: each filter alone, common and rare; pairs; what is not there; deep pages; counts over time.

use benches::clock;
use benches::http::query_value;
use jiff::Timestamp;

use crate::BETWEEN;

/// A question.
pub(crate) struct Question {
    /// What it is called in the table.
    pub(crate) name: String,
    /// The query of the request.
    pub(crate) parameters: String,
}

/// The queries, of the log that `benches::fill` makes.
const QUERIES: [&str; 22] = [
    "user:person3",
    "user:person41",
    "event:environment-open",
    "event:escriba-log-opened",
    "env:team-7/service-7",
    "env:team-7/",
    "secret:team-7/service-7#stripe.key",
    "secret:stripe.key",
    "ip:203.0.113.5",
    "ip:203.0.113.41",
    "ip:203.0.113.0/24",
    "outcome:denied",
    "credential:personal-token",
    "-event:environment-open",
    "service-77",
    "user:person3 event:environment-open",
    "user:person41 outcome:denied",
    "env:team-7/service-7 ip:203.0.113.5",
    "secret:stripe.key -user:person3",
    "user:nobody",
    "event:environment-open user:person41 env:team-7/service-7",
    "request:q_aaaaaaaaaaaaaaaa",
];

pub(crate) fn questions(events: u64) -> Vec<Question> {
    let named = |name: &str, parameters: String| Question { name: name.to_owned(), parameters };
    let mut questions = vec![named("newest page", String::new())];
    for query in QUERIES {
        questions.push(named(query, format!("q={}", query_value(query))));
    }
    // Half of the way down, and near the end of it.
    let day = i64::try_from(events).unwrap_or(i64::MAX).saturating_mul(BETWEEN) / 2;
    let middle = Timestamp::from_microsecond(clock::wall() + day).unwrap_or_default();
    let start = Timestamp::from_microsecond(clock::wall() + day / 50).unwrap_or_default();
    for (name, before) in [("deep page", middle), ("deepest page", start)] {
        questions.push(named(name, format!("q={}", query_value(&format!("before:{before}")))));
        questions.push(named(
            &format!("{name}, user:person3"),
            format!("q={}", query_value(&format!("user:person3 before:{before}"))),
        ));
    }
    for query in [
        "",
        "event:environment-open",
        "user:person3",
        "env:team-7/service-7",
        "ip:203.0.113.0/24",
        "outcome:denied user:person3",
    ] {
        questions.push(named(&format!("histogram, {query}"), format!("histogram=true&q={}", query_value(query))));
    }
    for query in ["", "user:person3"] {
        questions.push(named(&format!("facets, {query}"), format!("facets=true&q={}", query_value(query))));
    }
    questions
}
