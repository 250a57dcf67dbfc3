//! The page of endpoints, held against the router.

use std::collections::BTreeSet;

use server::http::ROUTES;

const PAGE: &str = include_str!("../../../../docs/endpoints.md");
/// The numbers of the contract.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=113;

/// The endpoints of the contract that are pages of the console; the console's tests hold them.
const PAGES: [&str; 1] = ["GET /cli-login"];

struct Row<'a> {
    number: Option<u32>,
    endpoint: &'a str,
    state: &'a str,
}

fn rows() -> Vec<Row<'static>> {
    let rows = PAGE.lines().filter(|line| line.contains("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, endpoint, state] = cells[..] else { panic!("not three cells: {line}") };
        Row { number: number.parse().ok(), endpoint: endpoint.trim_matches('`'), state }
    })
    .collect()
}

#[test]
fn what_the_page_calls_done_has_a_route_and_every_route_is_on_the_page() {
    let done: BTreeSet<String> =
        rows().iter().filter(|row| row.state == "done").map(|row| row.endpoint.to_owned()).collect();
    let routes = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path));
    let routes: BTreeSet<String> = routes.chain(PAGES.map(str::to_owned)).collect();
    assert_eq!(done, routes);
}

#[test]
fn every_number_of_the_contract_is_on_the_page_and_what_is_not_done_says_when_or_why_not() {
    let numbers: BTreeSet<u32> = rows().iter().filter_map(|row| row.number).collect();
    assert_eq!(numbers, NUMBERS.collect());
    for Row { endpoint, state, .. } in rows() {
        let is_reason = state.strip_prefix("left out: ").is_some_and(|reason| !reason.is_empty());
        let is_later = state == "planned" || state.starts_with("planned, with ");
        assert!(state == "done" || is_later || is_reason, "{endpoint}: {state}");
    }
}

#[test]
fn no_endpoint_stands_there_twice() {
    let rows = rows();
    let endpoints: BTreeSet<&str> = rows.iter().map(|row| row.endpoint).collect();
    assert_eq!(endpoints.len(), rows.len());
}
