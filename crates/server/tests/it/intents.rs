//! What is announced has one outcome: whoever comes late adds none, and whoever could not record it tries again.

use std::sync::atomic::{AtomicU32, Ordering};

use engine::ledger::Entry;
use engine::ledger::formats::Format;
use engine::store::{Fault, Faults, Step};
use engine::{Client, Engine, Export, ExportFormat, Exported, Filter};
use tokio::net::TcpListener;

use crate::app::{ENVIRONMENTS, TestApp, line};
use crate::providers::to_loopback;

const INTENDED: &str = "escriba-audit-log-exported  acme  ada  intended";

fn lines(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(line).collect()
}

/// How many entries name the first as their cause.
fn outcomes(entries: &[Entry]) -> usize {
    let first = entries[0].leaf.as_leaf().id();
    entries.iter().filter(|entry| entry.leaf.as_leaf().causes().any(|cause| cause == first)).count()
}

/// A process of which one commit of a command fails.
async fn process(app: &TestApp, number: u32, fault: Fault) -> Engine {
    let commits = AtomicU32::new(0);
    let faults = Faults::new(move |step| {
        (step == Step::Commit && commits.fetch_add(1, Ordering::SeqCst) + 1 == number).then_some(fault)
    });
    app.process_with(faults).await
}

async fn export(app: &TestApp, engine: &Engine) -> Option<Export> {
    let cx = engine.authenticate(Some(&app.token_of("ada")), Client::default(), "export").await.unwrap();
    let format = ExportFormat::Rows(Format::Csv);
    let begun = engine.export_events(&cx, "acme".into(), Filter::default(), format).await;
    begun.ok().map(|(_, export)| export)
}

const NOTHING: Exported = Exported { rows: 0, bytes: 0, sha256: [0; 32], whole: true };

#[tokio::test]
async fn a_process_that_was_away_adds_no_outcome_to_the_one_that_another_gave() {
    let app = TestApp::start().await;
    app.mark(Some("acme")).await;
    let begun = export(&app, app.engine()).await.unwrap();
    app.clock().forward(600);
    let next = app.next_process().await;
    assert_eq!(next.close_orphans().await.unwrap(), 1);
    next.close();
    assert!(begun.finish(NOTHING).await.is_err());
    let entries = app.entries(Some("acme")).await;
    let unknown = "escriba-audit-log-exported  acme  system  unknown  interrupted";
    let late = "escriba-audit-log-exported  acme  ada  failed  interrupted";
    assert_eq!(lines(&entries), [INTENDED, unknown, late]);
    assert_eq!(outcomes(&entries), 1);
    assert_eq!(entries[2].leaf.as_leaf().causes().count(), 0);
}

#[tokio::test]
async fn what_a_provider_gave_a_process_that_was_away_is_not_handed_out() {
    let app = TestApp::calling(to_loopback()).await;
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = host.local_addr().unwrap();
    let definition = format!(
        "values: {{it: {{fn::open::vault-login: {{address: \"http://{address}\", token: {{token: t0ken}}}}}}}}"
    );
    app.environment("alice", "web/prod", &definition).await;
    app.mark(Some("acme")).await;
    let opening = async { app.user("alice").post(&format!("{ENVIRONMENTS}/acme/web/prod/open")).await };
    let away = async {
        let (stream, _) = host.accept().await.unwrap();
        app.clock().forward(600);
        let next = app.next_process().await;
        assert_eq!(next.close_orphans().await.unwrap(), 1);
        next.close();
        drop(stream);
    };
    let (opened, ()) = tokio::join!(opening, away);
    let said = opened.expect(503).message();
    assert!(said.contains("nobody knows how it ended"), "{said}");
    let entries = app.entries(Some("acme")).await;
    let minted = "escriba-credential-minted  acme/web/prod";
    let expected = [
        format!("{minted}  alice  intended"),
        format!("{minted}  system  unknown  interrupted"),
        format!("{minted}  alice  failed  interrupted"),
        "environment-open  acme/web/prod  alice  failed  interrupted".to_owned(),
    ];
    assert_eq!(lines(&entries), expected);
    assert_eq!(outcomes(&entries), 1);
}

#[tokio::test]
async fn an_outcome_that_could_not_be_recorded_is_recorded_as_soon_as_it_can_be() {
    for fault in [Fault::Lost, Fault::Kept] {
        let app = TestApp::start().await;
        app.mark(Some("acme")).await;
        let engine = process(&app, 2, fault).await;
        let begun = export(&app, &engine).await.unwrap();
        assert!(begun.finish(NOTHING).await.is_err(), "{fault:?}");
        let entries = app.entries_once(Some("acme"), 2).await;
        assert_eq!(lines(&entries), [INTENDED, "escriba-audit-log-exported  acme  ada  succeeded"], "{fault:?}");
        assert_eq!(outcomes(&entries), 1);
        engine.close();
        assert_eq!(app.entries(Some("acme")).await.len(), 2);
    }
}

#[tokio::test]
async fn what_was_announced_and_reported_lost_ends_as_not_done() {
    let app = TestApp::start().await;
    app.mark(Some("acme")).await;
    let engine = process(&app, 1, Fault::Kept).await;
    assert!(export(&app, &engine).await.is_none());
    let entries = app.entries_once(Some("acme"), 2).await;
    assert_eq!(lines(&entries), [INTENDED, "escriba-audit-log-exported  acme  ada  failed  storage-failed"]);
    assert_eq!(outcomes(&entries), 1);
    engine.close();
}
