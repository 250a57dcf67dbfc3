//! Erasing somebody: nothing of them is left anywhere, and nothing else is gone.

use std::collections::HashMap;
use std::io::Read as _;

use engine::ledger::note::VerifierKey;
use engine::ledger::tlog_proof::TlogProof;
use engine::ledger::{Event, EventId, Hash, LogId, OwnedLeaf, leaf_hash};
use engine::seal::{Random, SecretString, SystemRandom};
use engine::store::{LogKey, Question, Read, StoreError, entry, tree};
use engine::{Client, Erased, Error, Failure, NewUser, Reach, Role};
use flate2::read::GzDecoder;

use crate::app::{ENVIRONMENTS, LOGS, TestApp, files};

/// Somebody whose every text exists nowhere else.
struct Person {
    login: String,
    name: String,
    email: String,
    address: &'static str,
    agent: String,
    laptop: String,
}

impl Person {
    fn new() -> Self {
        let random: &dyn Random = &SystemRandom;
        let word = LogId::from_random(random.array()).to_string();
        Self {
            login: format!("lin-{word}"),
            name: format!("Lin Wu {word}n"),
            email: format!("{word}@acme.test"),
            address: "198.51.100.77",
            agent: format!("browser-{word}"),
            laptop: format!("laptop of {word}"),
        }
    }

    fn texts(&self) -> [&str; 6] {
        [&self.login, &self.name, &self.email, self.address, &self.agent, &self.laptop]
    }
}

async fn add(app: &TestApp, person: &Person, role: Role) -> String {
    let user =
        NewUser { login: person.login.clone(), name: Some(person.name.clone()), email: Some(person.email.clone()) };
    let token = app.engine().add_user(&app.operator(), user, "acme".into(), role).await.unwrap();
    token.get().text.expose().clone()
}

async fn erase(app: &TestApp, login: &str, organization: Option<&str>) -> (Erased, Reach) {
    let organization = organization.map(str::to_owned);
    let (erased, reach) = app.engine().erase_user(&app.operator(), login.to_owned(), organization).await.unwrap();
    assert!(reach.unfinished.is_empty(), "{reach:?}");
    (erased.into_parts().0, reach)
}

/// Everything that somebody can leave texts with. Gives an environment's path.
async fn live(app: &TestApp, person: &Person, token: &str) -> String {
    let engine = app.engine();
    let from = format!("{}:4711", person.address);
    let lin = app.bearer(token);
    let body = r#"{"project":"theirs","name":"prod"}"#;
    let path = format!("{ENVIRONMENTS}/acme/theirs/prod");
    lin.post(&format!("{ENVIRONMENTS}/acme")).body(body).from(&from).await.expect(204);
    lin.patch(&path).body("values: {a: 1}").header("user-agent", &person.agent).from(&from).await.expect(200);
    lin.post(&format!("{path}/open")).from(&from).await.expect(200);
    lin.get(&format!("{ENVIRONMENTS}/acme/web/prod")).from(&from).await.expect(404);
    lin.get(&format!("{ENVIRONMENTS}/other/web/prod")).from(&from).await.expect(404);
    let made = serde_json::json!({ "description": person.laptop, "expires": 0 }).to_string();
    lin.post("/api/user/tokens").body(made).from(&from).await.expect(200);
    app.token(&person.login, &person.laptop, None).await;
    let operator = app.operator();
    engine.create_link(&operator, person.login.clone()).await.unwrap();
    let password = SecretString::new("correct horse battery".to_owned());
    engine.set_password(&operator, person.login.clone(), password.clone()).await.unwrap();
    let client = || Client { address: Some(person.address.to_owned()), ..Client::default() };
    engine.sign_in_with_password(&person.login, password, client()).await.unwrap();
    // What others typed: a wrong password, somebody who is no member, a search.
    let wrong = SecretString::new("wrong horse battery".to_owned());
    engine.sign_in_with_password(&person.login, wrong, Client::default()).await.unwrap_err();
    let nowhere = engine.set_member_role(&operator, "acme".into(), format!("{}x", person.login), Role::Member);
    nowhere.await.unwrap_err();
    engine.remove_member(&operator, "other".into(), person.login.clone()).await.unwrap();
    engine.remove_member(&operator, "other".into(), person.login.clone()).await.unwrap_err();
    app.user("ada").get(&format!("{LOGS}/v2?user={}", person.login)).await.expect(200);
    path
}

/// The database as bytes: its files, or every cell.
async fn raw(app: &TestApp) -> Vec<u8> {
    let mut raw = app.place().dump().await;
    for (_, bytes) in files(app.folder()) {
        raw.extend(bytes);
    }
    raw
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_and_nothing_of_others_is_gone() {
    let app = TestApp::start().await;
    let person = Person::new();
    let token = add(&app, &person, Role::Member).await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.organization("other", &[&person.login]).await;
    live(&app, &person, &token).await;
    for _ in 0..64 {
        app.user("ada").get(&format!("{LOGS}/v2")).await.expect(200);
    }
    assert!(app.engine().reindex_logs(Some(64)).await.unwrap() > 0);
    let export = app.user("ada").get(&format!("{LOGS}/v2/export")).await.expect(200);
    let mut exported = String::new();
    GzDecoder::new(&*export.body).read_to_string(&mut exported).unwrap();
    assert!(exported.contains(&person.login) && exported.contains(person.address));
    let before = app.all_entries(Some("acme")).await;
    // Typed by others, of somebody else: it must stay.
    let neighbour = format!("{}x", person.login);
    let found = raw(&app).await;
    for text in person.texts() {
        assert!(holds(&found, text), "{text} is searched for in the wrong place");
    }

    let (erased, reach) = erase(&app, &person.login, None).await;

    let account = erased.account.expect("there was an account");
    assert_eq!((&*erased.left, erased.tokens, erased.sessions), (&["acme".to_owned()][..], 3, 1));
    let of: Vec<Option<&str>> = erased.logs.iter().map(|log| log.name.organization.as_deref()).collect();
    assert!(of.contains(&Some("acme")) && of.contains(&Some("other")), "{of:?}");
    let exports: Vec<_> = reach.exports.iter().map(|of| (of.name.organization.as_deref(), of.count)).collect();
    assert_eq!(exports, [(Some("acme"), 1)]);
    let left = raw(&app).await;
    let left_of_neighbour = left.windows(neighbour.len()).filter(|window| *window == neighbour.as_bytes()).count();
    let left_of_login = left.windows(person.login.len()).filter(|window| *window == person.login.as_bytes()).count();
    assert_eq!(left_of_login, left_of_neighbour, "the login is left");
    assert!(left_of_neighbour > 0, "what is of somebody else is gone");
    for text in &person.texts()[1..] {
        assert!(!holds(&left, text), "{text} is left");
    }

    // They are nobody any more, and what they made is there.
    app.bearer(&token).get("/api/user").await.expect(401);
    assert!(app.engine().list_users().await.unwrap().iter().all(|(found, _)| found.id != account));
    let ada = app.user("ada");
    let theirs = ada.get(&format!("{ENVIRONMENTS}/acme/theirs/prod")).await.expect(200);
    assert!(theirs.text().contains("a: 1"));

    reads_as_erased(&app, &person).await;
    let proved = proofs_hold(&app, &before.iter().map(|entry| entry.leaf.clone()).collect::<Vec<_>>()).await;
    assert!(proved > 20, "{proved}");
    everything_missing_is_explained(&app).await;
}

/// Every way to read the log says `[erased]` of them, and all of others.
async fn reads_as_erased(app: &TestApp, person: &Person) {
    let ada = app.user("ada");
    let session = app.engine();
    let password = SecretString::new("correct horse battery".to_owned());
    session.set_password(&app.operator(), "ada".into(), password.clone()).await.unwrap();
    let signed_in = session.sign_in_with_password("ada", password, Client::default()).await.unwrap();
    let cookie = format!("escriba_session={}", signed_in.get().cookie.expose());
    let console = app.anonymous().get("/acme/settings/audit-logs").header("cookie", cookie).await.expect(200);
    let mut ways = vec![
        ("V1", ada.get(LOGS).await.expect(200).text()),
        ("V2", ada.get(&format!("{LOGS}/v2")).await.expect(200).text()),
        ("the console", console.text()),
    ];
    for format in ["csv", "cef"] {
        let export = ada.get(&format!("{LOGS}/v2/export?format={format}")).await.expect(200);
        let mut text = String::new();
        GzDecoder::new(&*export.body).read_to_string(&mut text).unwrap();
        ways.push((format, text));
    }
    for (way, text) in ways {
        assert!(text.contains("[erased]"), "{way}: {text}");
        assert!(text.contains("ada"), "{way}: {text}");
        for theirs in &person.texts()[1..] {
            assert!(!text.contains(theirs), "{way} says {theirs}");
        }
    }
    let sentence = ada.get(&format!("{LOGS}/v2?eventFilter=member-removed")).await.expect(200).text();
    assert!(sentence.contains("[erased]"), "{sentence}");
    ada.get(&format!("{LOGS}/v2?user={}", person.login)).await.expect(404);
}

/// The proofs of entries from before hold. Gives how many that are.
async fn proofs_hold(app: &TestApp, leaves: &[OwnedLeaf]) -> usize {
    let named = app.engine().verifier_keys().await.unwrap();
    let keys: Vec<VerifierKey> = named.iter().flat_map(|named| &named.keys).map(|key| key.parse().unwrap()).collect();
    for leaf in leaves {
        let id: EventId = leaf.as_leaf().id();
        let proof = app.user("ada").get(&format!("{LOGS}/events/{id}/proof")).await.expect(200);
        let proof = TlogProof::parse(&proof.body).unwrap();
        proof.verify(leaf_hash(leaf.as_leaf().as_bytes()), &keys).unwrap();
    }
    leaves.len()
}

/// All leaves of a log, with the commitments that have a text.
struct Leaves(LogKey);

impl Question for Leaves {
    type Answer = (Vec<OwnedLeaf>, HashMap<Hash, engine::ledger::Opening>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let size = entry::size(read, self.0).await?;
        let stored = entry::range(read, self.0, 0..size).await?;
        let leaves: Vec<OwnedLeaf> = stored.into_iter().map(|row| OwnedLeaf::parse(row.leaf).unwrap()).collect();
        let mut wanted: Vec<Hash> = Vec::new();
        for leaf in &leaves {
            wanted.extend(leaf.as_leaf().commitments().map(|(_, hash)| hash));
        }
        Ok((leaves, entry::openings(read, self.0, &wanted).await?))
    }
}

struct Logs;

impl Question for Logs {
    type Answer = Vec<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(tree::states(read).await?.into_iter().map(|state| state.log).collect())
    }
}

/// As the verifiers have it: whatever text is missing, a later entry of the same log says that it was destroyed.
async fn everything_missing_is_explained(app: &TestApp) {
    assert!(app.store().caught_up().await.unwrap());
    for log in app.store().ask(Logs).await.unwrap() {
        let (leaves, openings) = app.store().ask(Leaves(log)).await.unwrap();
        let mut destroyed: HashMap<Hash, usize> = HashMap::new();
        for (index, leaf) in leaves.iter().enumerate() {
            let leaf = leaf.as_leaf();
            if leaf.event() == Some(Event::OpeningsDestroyed)
                && let Some(list) = leaf.commitment("destroyed")
            {
                let list = openings[&list].destroyed().unwrap();
                destroyed.extend(list.into_iter().map(|commitment| (commitment, index)));
            }
        }
        for (index, leaf) in leaves.iter().enumerate() {
            for (name, commitment) in leaf.as_leaf().commitments() {
                match openings.get(&commitment) {
                    Some(opening) => opening.verify().unwrap(),
                    None => {
                        let record = destroyed.get(&commitment);
                        assert!(record.is_some_and(|record| *record > index), "{name} of entry {index}: {record:?}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn erasing_from_one_organization_leaves_the_account_and_the_others() {
    let app = TestApp::start().await;
    let person = Person::new();
    let token = add(&app, &person, Role::Member).await;
    app.organization("other", &[&person.login]).await;
    let engine = app.engine();
    engine.set_member_role(&app.operator(), "other".into(), person.login.clone(), Role::Admin).await.unwrap();
    let other = app.all_entries(Some("other")).await.len();

    let (erased, _) = erase(&app, &person.login, Some("acme")).await;

    assert_eq!((erased.account, &*erased.left), (None, &["acme".to_owned()][..]));
    assert!(erased.logs.iter().all(|log| log.name.organization.as_deref() == Some("acme")), "{erased:?}");
    let user = app.bearer(&token).get("/api/user").await.expect(200);
    assert!(user.text().contains(&person.login));
    assert_eq!(app.all_entries(Some("other")).await.len(), other, "the other log is as it was");
    let first = erased.logs[0].actor.expect("they acted, or were acted on");
    // Back again, they are somebody else there.
    engine.add_member(&app.operator(), "acme".into(), person.login.clone(), Role::Member).await.unwrap();
    let (again, _) = erase(&app, &person.login, Some("acme")).await;
    assert_ne!(again.logs[0].actor, Some(first));
    everything_missing_is_explained(&app).await;
}

#[tokio::test]
async fn the_last_administrator_is_not_erased_and_nothing_is_half_done() {
    let app = TestApp::start().await;
    let before = app.all_entries(Some("acme")).await.len();
    let refused = app.engine().erase_user(&app.operator(), "ada".into(), None).await.unwrap_err();
    let Failure::Refused(refused) = refused else { panic!("it could not be recorded") };
    assert!(matches!(refused.get(), Error::LastAdmin));
    app.user("ada").get("/api/user").await.expect(200);
    // This also finds every text there.
    assert_eq!(app.all_entries(Some("acme")).await.len(), before);
    assert_eq!(app.server_log().await, "escriba-openings-destroyed  -  operator  failed  last-admin");

    app.add("eve", Role::Admin).await;
    let (erased, _) = erase(&app, "ada", None).await;
    assert!(erased.account.is_some());
    app.user("ada").get("/api/user").await.expect(401);
    app.user("eve").get(&format!("{LOGS}/v2")).await.expect(200);
}

#[tokio::test]
async fn what_is_no_login_is_refused_and_an_erased_account_has_none() {
    let app = TestApp::start().await;
    for login in ["", "a b", "\"}", "%"] {
        let refused = app.engine().erase_user(&app.operator(), login.into(), None).await;
        assert!(matches!(refused, Err(Failure::Refused(_))), "{login}");
    }
    let nowhere = app.engine().erase_user(&app.operator(), "alice".into(), Some("nowhere".into())).await;
    assert!(matches!(nowhere, Err(Failure::Refused(_))));
    app.user("alice").get("/api/user").await.expect(200);
    let (erased, _) = erase(&app, "alice", None).await;
    let tombstone = format!("erased:{}", erased.account.unwrap());
    let user = NewUser { login: tombstone, name: None, email: None };
    app.engine().add_user(&app.operator(), user, "acme".into(), Role::Admin).await.unwrap_err();
    // The login is free again, for somebody else.
    app.add("alice", Role::Member).await;
    app.user("alice").get("/api/user").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acts_while_they_are_erased_leaves_no_text_without_a_record() {
    let app = TestApp::start().await;
    let person = Person::new();
    let token = add(&app, &person, Role::Member).await;
    let lin = app.bearer(&token);
    let path = format!("{ENVIRONMENTS}/acme/web/absent");
    let requests = async {
        let mut refused = 0;
        for _ in 0..60 {
            let all = futures_of(4, || lin.get(&path)).await;
            refused += all.iter().filter(|status| **status == 401).count();
        }
        refused
    };
    let erasing = async {
        tokio::task::yield_now().await;
        erase(&app, &person.login, None).await
    };
    let (refused, (erased, _)) = tokio::join!(requests, erasing);
    assert!(erased.account.is_some() && refused > 0);
    everything_missing_is_explained(&app).await;
    // What a request under way still said goes with the next time.
    erase(&app, &person.login, None).await;
    everything_missing_is_explained(&app).await;
    let left = raw(&app).await;
    for text in person.texts() {
        assert!(!holds(&left, text), "{text} is left");
    }
}

/// Several calls at once, and their statuses.
async fn futures_of(count: usize, call: impl Fn() -> crate::app::Call) -> Vec<u16> {
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..count {
        calls.spawn(call().into_future());
    }
    calls.join_all().await.iter().map(|answer| answer.status.as_u16()).collect()
}
