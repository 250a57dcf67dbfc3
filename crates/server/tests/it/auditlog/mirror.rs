//! The log as others mirror and check it: `/log/{log}/…`.

use engine::ledger::checkpoint::{self, Verified};
use engine::ledger::note::VerifierKey;
use engine::ledger::tile::{Tile, TileId, TilePath, read_entries};
use engine::ledger::tree::Frontier;
use engine::ledger::{Leaf, leaf_hash};

use crate::app::{TestApp, User};

/// Where the organisation's log is served.
async fn place(app: &TestApp) -> String {
    let (log, _) = app.newest_event("acme").await;
    format!("/log/{log}")
}

async fn keys(app: &TestApp) -> Vec<VerifierKey> {
    let named = app.engine().verifier_keys().await.unwrap();
    named.iter().flat_map(|named| &named.keys).map(|key| key.parse().unwrap()).collect()
}

async fn newest(app: &TestApp, user: &User<'_>) -> Verified {
    app.engine().publish().await.unwrap();
    let note = user.get(&format!("{}/checkpoint", place(app).await)).await.expect(200);
    checkpoint::open(&note.body, &keys(app).await).unwrap()
}

/// Writes until the log has a full tile.
async fn fill(app: &TestApp) {
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    for _ in 0..260 {
        app.session("ada", "web/prod").await;
    }
}

#[tokio::test]
async fn checkpoint_tiles_and_leaves_are_one_tree() {
    let app = TestApp::start().await;
    fill(&app).await;
    let ada = app.user("ada");
    let head = newest(&app, &ada).await.checkpoint;
    let place = place(&app).await;

    let mut tree = Frontier::new();
    let mut leaves = Vec::new();
    for number in 0..=head.size / 256 {
        let id = TileId { level: 0, number };
        let width = id.width(head.size);
        let hashes = ada.get(&format!("{place}/{}", TilePath::Tile { id, width })).await.expect(200).body;
        let bundle = ada.get(&format!("{place}/{}", TilePath::Entries { number, width })).await.expect(200);
        assert!(bundle.event().is_some(), "that leaves were read is recorded");
        for (leaf, hash) in read_entries(&bundle.body, width).unwrap().iter().zip(hashes.chunks(32)) {
            assert_eq!(leaf_hash(leaf), *hash);
            Leaf::parse(leaf).unwrap();
            tree.push(leaf_hash(leaf));
            leaves.push(leaf.to_vec());
        }
    }

    assert_eq!((tree.size(), tree.root()), (head.size, head.root));
    let all = app.all_entries(Some("acme")).await;
    assert!(all.iter().zip(&leaves).all(|(entry, leaf)| entry.leaf.as_leaf().as_bytes() == leaf));
    let above = ada.get(&format!("{place}/tile/1/000.p/1")).await.expect(200);
    let first = ada.get(&format!("{place}/tile/0/000")).await.expect(200);
    assert_eq!(above.body[..], Tile::from_bytes(&first.body).unwrap().root());
}

#[tokio::test]
async fn what_a_tree_does_not_have_is_not_there() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    newest(&app, &ada).await;
    let place = place(&app).await;
    for path in ["tile/0/000", "tile/0/x001/000", "tile/1/000.p/1", "tile/63/000.p/1", "tile/entries/000"] {
        ada.get(&format!("{place}/{path}")).await.expect(404);
    }
    for path in
        ["tile/0/0", "tile/64/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/entries/x000/001", "tile/data/0"]
    {
        ada.get(&format!("{place}/{path}")).await.expect(400);
    }
    ada.get("/log/NOLOG/checkpoint").await.expect(400);
}

#[tokio::test]
async fn to_an_outsider_a_log_looks_like_one_that_is_not_there() {
    let app = TestApp::start().await;
    newest(&app, &app.user("ada")).await;
    let (place, otto) = (place(&app).await, app.user("otto"));
    for path in ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"] {
        app.mark(Some("acme")).await;
        let refused = otto.get(&format!("{place}/{path}")).await.expect(404);
        let missing = otto.get(&format!("/log/aaaaaaaaaaaaaaaa/{path}")).await.expect(404);

        assert_eq!(refused.looks(), missing.looks(), "{path}");
        assert!(app.log("acme").await.contains("outsider otto  denied  not-a-member"), "{path}");
    }
}

#[tokio::test]
async fn the_tree_is_public_where_the_organization_says_so_and_the_leaves_never_are() {
    let app = TestApp::start().await;
    newest(&app, &app.user("ada")).await;
    let (place, anybody) = (place(&app).await, app.anonymous());
    let set = |value: bool| format!(r#"{{"setAuditLogTreePublic":{value}}}"#);
    anybody.get(&format!("{place}/checkpoint")).await.expect(401);
    app.mark(Some("acme")).await;

    app.user("mallory").patch("/api/orgs/acme").body(set(true)).await.expect(403);
    app.user("ada").patch("/api/orgs/acme").body(set(true)).await.expect(200);

    newest(&app, &anybody).await;
    newest(&app, &app.user("otto")).await;
    anybody.get(&format!("{place}/tile/0/000.p/1")).await.expect(200);
    let refused = anybody.get(&format!("{place}/tile/entries/000.p/1")).await.expect(401);
    let missing = anybody.get("/log/aaaaaaaaaaaaaaaa/tile/entries/000.p/1").await.expect(401);
    assert_eq!(refused.looks(), missing.looks());
    app.user("otto").get(&format!("{place}/tile/entries/000.p/1")).await.expect(404);
    app.user("ada").patch("/api/orgs/acme").body(set(false)).await.expect(200);
    anybody.get(&format!("{place}/checkpoint")).await.expect(401);
    let log = app.log("acme").await;
    assert_eq!(log.matches("escriba-log-visibility-changed").count(), 3, "{log}");
}

#[tokio::test]
async fn the_tree_of_the_servers_log_is_for_administrators_and_its_leaves_for_the_first_of_them() {
    let app = TestApp::start().await;
    app.engine().publish().await.unwrap();
    let entries = app.all_entries(None).await;
    let origin: engine::ledger::Origin = entries[0].leaf.as_leaf().log().parse().unwrap();
    let place = format!("/log/{}", origin.log());

    app.add("bea", engine::Role::Admin).await;

    for administrator in ["ada", "bea"] {
        let note = app.user(administrator).get(&format!("{place}/checkpoint")).await.expect(200);
        checkpoint::open(&note.body, &keys(&app).await).unwrap();
        app.user(administrator).get(&format!("{place}/tile/0/000.p/1")).await.expect(200);
    }
    for caller in ["alice", "otto"] {
        app.user(caller).get(&format!("{place}/checkpoint")).await.expect(404);
    }
    app.user("ada").get(&format!("{place}/tile/entries/000.p/1")).await.expect(200);
    for caller in ["bea", "alice", "otto"] {
        app.user(caller).get(&format!("{place}/tile/entries/000.p/1")).await.expect(404);
    }
}
