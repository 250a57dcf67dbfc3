//! Exports whose process was killed: the log says that nobody knows how they ended.

use engine::ledger::formats::Format;
use engine::{Client, ExportFormat, Filter};

use crate::app::{TestApp, line};

const INTENDED: &str = "escriba-audit-log-exported  acme  ada  intended";
const UNKNOWN: &str = "escriba-audit-log-exported  acme  system  unknown  interrupted";

#[tokio::test]
async fn an_export_that_died_with_its_process_has_one_outcome_which_is_that_nobody_knows() {
    let app = TestApp::start().await;
    app.mark(Some("acme")).await;
    let engine = app.engine();
    let cx = engine.authenticate(Some(&app.token_of("ada")), Client::default(), "export").await.unwrap();
    let format = ExportFormat::Rows(Format::Csv);
    let begun = engine.export_events(&cx, "acme".into(), Filter::default(), format).await.unwrap();
    // As if killed: nothing of it goes on, and nothing of it ends.
    drop(begun);
    assert_eq!(engine.close_orphans().await.unwrap(), 0, "it is this process's own");
    app.clock().forward(600);
    let next = app.next_process().await;
    assert_eq!(next.close_orphans().await.unwrap(), 1);
    assert_eq!(next.close_orphans().await.unwrap(), 0);
    let entries = app.entries(Some("acme")).await;
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), [INTENDED, UNKNOWN]);
    assert_eq!(entries[1].leaf.as_leaf().causes().collect::<Vec<_>>(), [entries[0].leaf.as_leaf().id()]);
    assert_eq!(entries[1].leaf.as_leaf().detail("format").map(|word| word.to_string()).as_deref(), Some("csv"));
    next.close();
}

#[tokio::test]
async fn an_export_that_ended_is_no_orphan() {
    let app = TestApp::start().await;
    app.user("ada").get(&format!("{}/v2/export", crate::app::LOGS)).await.expect(200);
    app.clock().forward(600);
    let next = app.next_process().await;
    assert_eq!(next.close_orphans().await.unwrap(), 0);
    next.close();
}

#[tokio::test]
async fn a_process_that_says_it_is_there_keeps_what_it_announced() {
    let app = TestApp::start().await;
    let engine = app.engine();
    let cx = engine.authenticate(Some(&app.token_of("ada")), Client::default(), "export").await.unwrap();
    let begun = engine.export_events(&cx, "acme".into(), Filter::default(), ExportFormat::Bundle).await.unwrap();
    assert_eq!(engine.keep_intents().await.unwrap(), 1);
    drop(begun);
    // Where no second process can be, whatever another one announced has no one left.
    let expected = u64::from(engine.database() == "sqlite");
    let next = app.next_process().await;
    assert_eq!(next.keep_intents().await.unwrap(), 0, "it is not the other one's");
    assert_eq!(next.close_orphans().await.unwrap(), expected);
    next.close();
}
