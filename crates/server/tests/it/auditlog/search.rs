//! Searches: whatever is asked, the index gives what looking at each entry gives.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::IpAddr;

use engine::ledger::search::Query;
use engine::ledger::{self, Entry, OwnedLeaf};
use engine::store::{LogKey, Question, Read, StoreError, entry, index, organization};
use flate2::read::GzDecoder;

use crate::app::{ENVIRONMENTS, LOGS, TestApp};

/// How many entries a block has here.
const WIDTH: u64 = 64;

/// What the log holds, read beside the server.
struct Everything;

impl Question for Everything {
    type Answer = (LogKey, Vec<Entry>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let log = organization::find(read, "acme").await?.expect("the organization is there").log;
        let size = entry::size(read, log).await?;
        let stored = entry::range(read, log, 0..size).await?.into_iter();
        let leaves: Vec<_> = stored.map(|stored| (stored.index, OwnedLeaf::parse(stored.leaf).unwrap())).collect();
        let commitments = |leaf: &OwnedLeaf| -> Vec<[u8; 32]> {
            leaf.as_leaf().commitments().map(|(_, commitment)| commitment).collect()
        };
        let all: BTreeSet<_> = leaves.iter().flat_map(|(_, leaf)| commitments(leaf)).collect();
        let known = entry::openings(read, log, &Vec::from_iter(all)).await?;
        let entries = leaves.into_iter().map(|(index, leaf)| {
            let openings = commitments(&leaf).iter().filter_map(|commitment| known.get(commitment).cloned()).collect();
            Entry { index, leaf, openings }
        });
        let entries = entries.collect();
        Ok((log, entries))
    }
}

async fn everything(app: &TestApp) -> Vec<Entry> {
    assert!(app.store().caught_up().await.unwrap());
    app.store().ask(Everything).await.unwrap().1
}

/// How many entries the index of the log has.
async fn indexed(app: &TestApp) -> u64 {
    struct State;
    impl Question for State {
        type Answer = u64;

        async fn ask<R: Read>(&self, read: &mut R) -> Result<u64, StoreError> {
            let log = organization::find(read, "acme").await?.expect("the organization is there").log;
            Ok(index::state(read, log).await?.end())
        }
    }
    app.store().ask(State).await.unwrap()
}

/// Chance that can be repeated.
struct Dice(Cell<u64>);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    fn below(&self, sides: usize) -> usize {
        // Xorshift (Marsaglia, 2003), which is random enough for that.
        let mut bits = self.0.get();
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        self.0.set(bits);
        usize::try_from(bits >> 33).unwrap() % sides
    }

    fn of<'a, T: ?Sized>(&self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

const PEOPLE: [&str; 4] = ["ada", "alice", "bob", "mallory"];
const PATHS: [&str; 3] = ["web/prod", "web/dev", "base/db"];
const ADDRESSES: [&str; 4] = ["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::7"];

/// Things happen, to people with and without permission.
async fn happen(app: &TestApp, dice: &Dice, times: usize) {
    for _ in 0..times {
        let user = app.user(dice.of(&PEOPLE));
        let address = dice.of(&ADDRESSES);
        let from = if address.contains(':') { format!("[{address}]:99") } else { format!("{address}:99") };
        let path = format!("{ENVIRONMENTS}/acme/{}", dice.of(&PATHS));
        match dice.below(5) {
            0 => user.get(&path).from(&from).await,
            1 | 2 => user.post(&format!("{path}/open")).from(&from).await,
            3 => user.get(&format!("{path}/decrypt")).from(&from).await,
            _ => user.get(&format!("{LOGS}/v2?userFilter=alice")).from(&from).await,
        };
        app.clock().forward(i64::try_from(dice.below(90)).unwrap());
    }
}

async fn with_history(dice: &Dice) -> TestApp {
    let app = TestApp::start().await;
    app.engine().reindex_logs(Some(WIDTH)).await.unwrap();
    for (login, role) in [("bob", engine::Role::Member)] {
        app.add(login, role).await;
    }
    app.environment("alice", "base/db", "values: {db: {fn::secret: x}, db.password: {fn::secret: y}}").await;
    app.environment("alice", "web/prod", "imports: [base/db]\nvalues: {key: {fn::secret: z}}").await;
    app.environment("alice", "web/dev", "values: {key: {fn::secret: z}}").await;
    happen(&app, dice, 150).await;
    app
}

/// A word of a query, and whether an entry should be found by it, said in another way than the server says it.
type Word = (String, Box<dyn Fn(&Entry) -> bool>);

fn word(dice: &Dice, entries: &[Entry]) -> Word {
    let some = &entries[dice.below(entries.len())];
    let leaf = some.leaf.as_leaf();
    match dice.below(10) {
        0 => {
            let login = dice.of(&["ada", "alice", "bob", "mallory", "nobody"]);
            (
                format!("user:{login}"),
                Box::new(move |entry| entry.actor().text().is_some_and(|actor| actor.login == login)),
            )
        }
        1 => {
            let event = leaf.event_type().to_owned();
            (format!("event:{event}"), Box::new(move |entry| entry.leaf.as_leaf().event_type() == event))
        }
        2 => {
            let (typed, project, name) = [
                ("env:web/prod", Some("web"), Some("prod")),
                ("env:web/", Some("web"), None),
                ("env:db", None, Some("db")),
                ("env:no/where", Some("no"), Some("where")),
            ][dice.below(4)];
            let holds = move |entry: &Entry| {
                let Some(target) = entry.target().text() else { return false };
                let is = |text: &Option<String>, wanted: Option<&str>| wanted.is_none_or(|_| text.as_deref() == wanted);
                target.environment.is_some() && is(&target.project, project) && is(&target.environment, name)
            };
            (typed.to_owned(), Box::new(holds))
        }
        3 => {
            let (typed, of, path) = [
                ("secret:key", None, Some("key")),
                ("secret:base/db#", Some("base/db"), None),
                ("secret:base/db#db", Some("base/db"), Some("db")),
                ("secret:web/dev#nothing", Some("web/dev"), Some("nothing")),
            ][dice.below(4)];
            let holds = move |entry: &Entry| {
                let reads = entry.reads().text().unwrap_or_default();
                reads.iter().filter(|read| of.is_none_or(|of| read.name == of)).any(|read| {
                    path.map_or(!read.paths.is_empty(), |path| read.paths.iter().any(|known| known == path))
                })
            };
            (typed.to_owned(), Box::new(holds))
        }
        4 => {
            let (typed, beginning) = [
                ("ip:203.0.113.0/24", "203.0.113."),
                ("ip:203.0.113.7", "203.0.113.7"),
                ("ip:2001:db8::/32", "2001:db8:"),
                ("ip:0.0.0.0/0", ""),
            ][dice.below(4)];
            let holds = move |entry: &Entry| {
                let address = entry.client().text().and_then(|client| client.addr);
                address.is_some_and(|address| match beginning {
                    "" => address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
                    "203.0.113.7" => address == beginning,
                    _ => address.starts_with(beginning),
                })
            };
            (typed.to_owned(), Box::new(holds))
        }
        5 => {
            let outcome = dice.of(&["succeeded", "denied", "failed", "unknown", "intended"]);
            (format!("outcome:{outcome}"), Box::new(move |entry| entry.leaf.as_leaf().outcome_word() == Some(outcome)))
        }
        6 => {
            let kind = leaf.credential_kind().unwrap();
            let holds = move |entry: &Entry| entry.leaf.as_leaf().credential_kind() == Some(kind);
            (format!("credential:{kind}"), Box::new(holds))
        }
        7 => {
            let request = leaf.request().unwrap();
            let holds = move |entry: &Entry| entry.leaf.as_leaf().request() == Some(request);
            (format!("request:{request}"), Box::new(holds))
        }
        8 => match leaf.target_id().filter(|id| id.as_str().starts_with("e_")) {
            Some(id) => (format!("env:{id}"), Box::new(move |entry| entry.leaf.as_leaf().target_id() == Some(id))),
            None => (String::new(), Box::new(|_| true)),
        },
        _ => {
            let text = dice.of(&["PROD", "db.pass", "198.51", "Environment Open", "denied", "no such text", "mall"]);
            let folded = text.to_lowercase();
            let holds = move |entry: &Entry| texts(entry).iter().any(|known| known.to_lowercase().contains(&folded));
            (format!("{text:?}"), Box::new(holds))
        }
    }
}

/// The texts in which a text is looked for.
fn texts(entry: &Entry) -> Vec<String> {
    let leaf = entry.leaf.as_leaf();
    let words = [Some(leaf.event_type()), leaf.outcome_word(), leaf.reason_word()];
    let mut texts: Vec<String> = words.into_iter().flatten().map(str::to_owned).collect();
    texts.extend(leaf.event().map(|event| event.display_name().to_owned()));
    texts.extend(leaf.credential_kind().map(|kind| kind.to_string()));
    texts.extend(
        [entry.actor(), entry.behalf()]
            .into_iter()
            .filter_map(ledger::entry::Told::text)
            .flat_map(|actor| [actor.login, actor.name]),
    );
    texts.extend(entry.client().text().into_iter().flat_map(|client| [client.addr, client.peer, client.ua]).flatten());
    if let Some(target) = entry.target().text() {
        match target.environment {
            Some(name) => texts.push(format!("{}/{name}", target.project.unwrap_or_default())),
            None => {
                texts.extend([target.login, target.name, target.project, target.organization].into_iter().flatten());
            }
        }
    }
    for read in entry.reads().text().unwrap_or_default() {
        texts.extend(read.paths.iter().map(|path| format!("{}#{path}", read.name)));
    }
    texts
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02x}"))
}

/// What a search finds, page by page.
async fn searched(app: &TestApp, query: &str, count: usize) -> Vec<u64> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{LOGS}/search?q={}&count={count}&cursor={cursor}", encoded(query));
        let page = app.user("ada").get(&path).await.expect(200).json();
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= count);
        found.extend(events.iter().map(|event| event["index"].as_u64().unwrap()));
        match page["cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

/// What an export with a query holds.
async fn exported(app: &TestApp, query: &str) -> Vec<u64> {
    let path = format!("{LOGS}/v2/export?format=ndjson&q={}", encoded(query));
    let answer = app.user("ada").get(&path).await.expect(200);
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    let index = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["index"].as_u64().unwrap();
    text.lines().map(index).collect()
}

/// Asks many things in every way.
async fn ask_many(app: &TestApp, dice: &Dice, times: usize) {
    for _ in 0..times {
        let entries = everything(app).await;
        let words: Vec<_> = (0..=dice.below(3)).map(|_| (dice.below(4) == 0, word(dice, &entries))).collect();
        let spelled = |(is_negated, (text, _)): &(bool, (String, _))| match (is_negated, text.is_empty()) {
            (true, false) => format!("-{text}"),
            _ => text.clone(),
        };
        let query = words.iter().map(spelled).collect::<Vec<_>>().join(" ");
        // Of one key, one value must be there; of texts and of what is negated, each counts by itself.
        let key = |text: &str| text.split_once(':').filter(|_| !text.starts_with('"')).map(|(key, _)| key.to_owned());
        let holds = |entry: &Entry| {
            words.iter().all(|(is_negated, (text, holds))| match (is_negated, key(text)) {
                (true, _) => text.is_empty() || !holds(entry),
                (false, None) => holds(entry),
                (false, Some(own)) => {
                    let mut same = words.iter().filter(|(other, (text, _))| !other && key(text).as_ref() == Some(&own));
                    same.any(|(_, (_, holds))| holds(entry))
                }
            })
        };
        let expected: Vec<u64> = entries.iter().rev().filter(|entry| holds(entry)).map(|entry| entry.index).collect();
        assert_eq!(searched(app, &query, 9 + dice.below(40)).await, expected, "{query}");
        let entries = everything(app).await;
        let expected: Vec<u64> = entries.iter().rev().filter(|entry| holds(entry)).map(|entry| entry.index).collect();
        assert_eq!(exported(app, &query).await, expected, "exported: {query}");
        counted(app, &query, holds).await;
    }
}

/// The counts are those of the entries.
async fn counted(app: &TestApp, query: &str, holds: impl Fn(&Entry) -> bool) {
    let entries = everything(app).await;
    let found: Vec<&Entry> = entries.iter().filter(|entry| holds(entry)).collect();
    let path = format!("{LOGS}/search?q={}&facets=true&histogram=true", encoded(query));
    let answer = app.user("ada").get(&path).await.expect(200).json();
    let (facets, histogram) = (&answer["facets"], &answer["histogram"]);
    assert_eq!(facets["among"], found.len(), "{query}");
    for (facet, of) in [
        ("event", (|entry: &Entry| Some(entry.leaf.as_leaf().event_type().to_owned())) as fn(&Entry) -> Option<String>),
        ("login", |entry| Some(entry.actor().text()?.login)),
        ("address", |entry| entry.client().text()?.addr),
    ] {
        let counts = facets["facets"].as_array().unwrap().iter().find(|counts| counts["facet"] == facet).unwrap();
        for value in counts["values"].as_array().unwrap() {
            let count = found.iter().filter(|entry| of(entry).as_deref() == value["value"].as_str()).count();
            assert_eq!(value["count"], count, "{query}: {facet} {value}");
        }
        let different = found.iter().filter_map(|entry| of(entry)).collect::<BTreeSet<_>>().len();
        let shown = counts["values"].as_array().unwrap().len() as u64;
        assert_eq!(shown + counts["others"].as_u64().unwrap(), different as u64, "{query}: {facet}");
    }
    assert_eq!((&histogram["total"], &histogram["complete"]), (&found.len().into(), &true.into()), "{query}");
    let step = histogram["step"].as_i64().unwrap();
    for bucket in histogram["buckets"].as_array().unwrap() {
        let from = bucket["timestamp"].as_i64().unwrap();
        let within = |entry: &&&Entry| (from..from + step).contains(&(entry.leaf.as_leaf().ts().div_euclid(1_000_000)));
        assert_eq!(bucket["count"], found.iter().filter(within).count(), "{query}: {from}");
    }
}

#[tokio::test]
async fn a_search_finds_what_looking_at_each_entry_finds() {
    let dice = Dice::new(4_711);
    let app = with_history(&dice).await;
    ask_many(&app, &dice, 4).await;

    app.engine().index_log().await.unwrap();
    assert!(indexed(&app).await >= 2 * WIDTH);
    ask_many(&app, &dice, 14).await;

    // Some of it becomes bundles, some is indexed, some is neither.
    app.engine().bundle().await.unwrap();
    happen(&app, &dice, 100).await;
    ask_many(&app, &dice, 8).await;
    app.engine().index_log().await.unwrap();
    let before = indexed(&app).await;
    ask_many(&app, &dice, 8).await;

    // Somebody is erased: nobody finds their texts, everybody finds what they did.
    app.engine().erase_user(&app.operator(), "bob".into(), None).await.unwrap();
    assert_eq!(indexed(&app).await, before, "nothing else has to be indexed again");
    assert_eq!(searched(&app, "user:bob", 50).await, [0; 0]);
    ask_many(&app, &dice, 8).await;

    assert!(app.engine().reindex_logs(Some(2 * WIDTH)).await.unwrap() > 0);
    ask_many(&app, &dice, 8).await;
}

#[tokio::test]
async fn lists_with_filters_agree_with_searches() {
    let dice = Dice::new(17);
    let app = with_history(&dice).await;
    app.engine().index_log().await.unwrap();
    for (filter, query) in [
        ("userFilter=alice", "user:alice"),
        ("eventFilter=environment-open", "event:environment-open"),
        ("userFilter=bob&eventFilter=environment-unauthorized-open", "user:bob event:environment-unauthorized-open"),
        ("eventFilter=stack-deleted", "event:stack-deleted"),
    ] {
        let mut listed = Vec::new();
        let mut token = String::new();
        loop {
            let path = format!("{LOGS}/v2?{filter}&continuationToken={token}");
            let page = app.user("ada").get(&path).await.expect(200).json();
            listed.extend(
                page["auditLogEvents"].as_array().unwrap().iter().map(|event| event["index"].as_u64().unwrap()),
            );
            match page["continuationToken"].as_str() {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        assert_eq!(listed, searched(&app, query, 30).await, "{query}");
    }
    let entries = everything(&app).await;
    let at = |place: usize| entries[place].leaf.as_leaf().ts();
    let second = |micros: i64| micros.div_euclid(1_000_000);
    let (from, until) = (second(at(20)), second(at(130)));
    let time = |second: i64| jiff::Timestamp::from_second(second).unwrap();
    let query = format!("-user:ada after:{} before:{}", time(from), time(until + 1));
    let within = |entry: &&Entry| (from..=until).contains(&second(entry.leaf.as_leaf().ts()));
    let by_others = |entry: &&Entry| entry.actor().text().unwrap().login != "ada";
    let expected: Vec<u64> = entries.iter().rev().filter(within).filter(by_others).map(|entry| entry.index).collect();
    assert_eq!(searched(&app, &query, 9).await, expected);
    assert_eq!(exported(&app, &query).await, expected);
}

#[tokio::test]
async fn a_page_says_what_is_wrong_with_a_query_and_where() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let wrong = |query: &'static str| {
        let asked = ada.get(&format!("{LOGS}/search?{query}"));
        async move { asked.await.expect(400).message() }
    };
    let said = wrong("q=user:ada%20usr:ben").await;
    assert!(said.starts_with("`q` is not a query: at column 10: `usr` is no key; there are `user`, `event`"), "{said}");
    assert!(wrong("q=ip:10.0.0.0/40").await.contains("at column 4: `ip:` takes an address"));
    assert!(wrong("count=0").await.contains("`count`"));
    assert!(wrong("count=501").await.contains("`count`"));
    assert!(wrong("query=x").await.contains("`query`"));
    assert!(wrong("cursor=x").await.contains("not one that this server gave"));
    let texts = ada.get(&format!("{LOGS}/v2/export?format=bundle&q=user:ada")).await.expect(400).message();
    assert!(texts.contains("a bundle is chosen by"), "{texts}");
}

#[tokio::test]
async fn a_search_is_recorded_with_its_query_and_erased_with_whom_it_named() {
    let app = TestApp::start().await;
    app.add("bob", engine::Role::Member).await;
    app.user("ada").get(&format!("{LOGS}/search?q=outcome:denied%20user:bob")).await.expect(200);
    app.user("ada").get(&format!("{LOGS}/search?q=user:bobby")).await.expect(200);
    let asked = |entries: &[Entry]| -> Vec<String> {
        entries.iter().filter_map(|entry| entry.parameter("query").text()).collect()
    };
    let entries = everything(&app).await;
    assert_eq!(asked(&entries), ["outcome:denied user:bob", "user:bobby"]);
    assert!(asked(&entries).iter().all(|query| query.parse::<Query>().is_ok()));

    app.engine().erase_user(&app.operator(), "bob".into(), None).await.unwrap();

    assert_eq!(asked(&everything(&app).await), ["user:bobby"]);
}

#[tokio::test]
async fn pages_of_a_search_stay_while_the_log_and_the_index_grow() {
    let dice = Dice::new(8);
    let app = with_history(&dice).await;
    let expected = {
        let entries = everything(&app).await;
        let denied = entries.into_iter().rev().filter(|entry| entry.leaf.as_leaf().outcome_word() == Some("denied"));
        denied.map(|entry| entry.index).collect::<Vec<_>>()
    };
    assert!(expected.len() > 20);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{LOGS}/search?q=outcome:denied&count=7&cursor={cursor}");
        let page = app.user("ada").get(&path).await.expect(200).json();
        found.extend(page["events"].as_array().unwrap().iter().map(|event| event["index"].as_u64().unwrap()));
        happen(&app, &dice, 20).await;
        app.engine().index_log().await.unwrap();
        match page["cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(found, expected);
}
