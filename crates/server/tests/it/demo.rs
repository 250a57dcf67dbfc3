//! The month that `escriba serve --demo` plays.

use engine::store::Database;
use engine::{SetUp, fsck};
use server::demo::{DemoError, fill};
use server::installation::Location;

use crate::app::Place;

fn location(folder: &std::path::Path, place: &Place) -> Location {
    let database_url = match place.database(folder) {
        Database::Postgres(url) => Some(url.to_owned()),
        Database::Sqlite(_) => None,
    };
    let data_dir = folder.join("data");
    Location { data_dir, database_url, key_file: None, anchor: None, egress: engine::egress::EgressSettings::default() }
}

fn set_up() -> SetUp {
    SetUp { organization: "acme".to_owned(), admin: "ada".to_owned() }
}

#[tokio::test]
async fn a_demonstration_is_a_sound_log_of_a_month_and_only_ever_the_first_of_an_installation() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::new().await);
    let location = location(folder.path(), &place);
    let mut days = Vec::new();
    let installed = fill(&location, set_up(), "http://escriba.test", |done, all| days.push((done, all))).await.unwrap();
    assert_eq!((installed.organization.as_str(), installed.login.as_str()), ("acme", "ada"));
    assert_eq!(days, (0..=30).map(|day| (day, 30)).collect::<Vec<_>>());

    let sound = async || {
        let (snapshot, expected) = location.look().await.unwrap();
        let report = fsck(&snapshot, &expected, &|_| ()).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        report.logs.iter().map(|log| (log.entries, log.checkpoints)).collect::<Vec<_>>()
    };
    let logs = sound().await;
    // A checkpoint a day; each day has its activity.
    assert!(logs[1].0 > 1_000 && logs[1].1 >= 30, "{logs:?}");

    let again = fill(&location, set_up(), "http://escriba.test", |_, _| ()).await;
    assert!(matches!(again, Err(DemoError::HasData(_))));
    assert_eq!(sound().await, logs);
}
