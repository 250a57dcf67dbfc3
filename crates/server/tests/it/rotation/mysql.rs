//! `fn::rotate::mysql` against a real MariaDB.

use super::{LOGIN, app, definition, login, opened, rotate};
use crate::targets::MariaDbTarget;

#[tokio::test]
async fn two_users_take_turns_and_what_was_in_use_stays_valid() {
    let Some(target) = MariaDbTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("mysql", target.port, "manager-password")).await;
    let mut known: Vec<(String, String)> = Vec::new();
    for user in ["one", "two", "one"] {
        let rotated = rotate(&app, "{}").await.expect(200).json();
        assert_eq!(rotated["secretRotationEvent"]["status"], "succeeded", "{rotated}");
        let state = opened(&app, "login").await;
        let (username, password) = login(&state["current"]);
        assert_eq!(username, user);
        assert_eq!(target.lets_in(username, password), Some(true), "what is in use lets in");
        if let Some((username, password)) = known.last() {
            assert_eq!(login(&state["previous"]), (&**username, &**password));
            assert_eq!(target.lets_in(username, password), Some(true), "what was in use lets in");
        }
        if let [.., (username, password), _] = known.as_slice() {
            assert_eq!(target.lets_in(username, password), Some(false), "what was in use before that does not");
        }
        known.push((username.to_owned(), password.to_owned()));
    }
    let log = target.log();
    assert!(log.contains("ALTER USER `one`@'%'"), "the target logs what it is told");
    assert!(known.iter().all(|(_, password)| !log.contains(&**password)));
}

#[tokio::test]
async fn a_rotator_that_fails_says_why() {
    let Some(target) = MariaDbTarget::start().await else { return };
    let app = app().await;
    let written = |password| definition("mysql", target.port, password);
    let powerless = written("powerless-password").replace("manager\n", "powerless\n");
    let nobody = written("manager-password").replace("one,", "nobody,");
    let cases = [(written("wrong"), "let the managing user in"), (powerless, "CREATE USER"), (nobody, "no such user")];
    app.environment("ada", "web/login", "").await;
    for (definition, expected) in cases {
        app.user("ada").patch(LOGIN).body(definition).await.expect(200);
        let rotated = rotate(&app, "{}").await.expect(200).json();
        let message = rotated["secretRotationEvent"]["rotations"][0]["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{message}");
    }
}
