//! What official clients rely on and is easily missed: one test for each pitfall of the protocol, by its number.
//!
//! Details have tests of their own in `wire/`; these are the least that each pitfall asks for, over the real server.

use std::collections::BTreeSet;
use std::io::Read;

use serde_json::{Value, json};

use crate::app::{Answer, ENVIRONMENTS, LOGS, TestApp};

const PROD: &str = "/api/esc/environments/acme/web/prod";

/// How many pitfalls the protocol is known for.
const PITFALLS: u32 = 51;

/// Those without a test here, and why.
const LEFT_OUT: [(u32, &str); 7] = [
    (3, "drafts are not built"),
    (5, "what the command line prints"),
    (13, "webhooks are not built"),
    (20, "gated opens are not built"),
    (34, "what two clients do with the address of the server"),
    (40, "webhooks are not built"),
    (49, "how the command line exits"),
];

#[test]
fn every_pitfall_has_a_test_that_names_it_or_a_reason_why_not() {
    let tested: BTreeSet<u32> = concat!(include_str!("pitfalls.rs"), include_str!("wire/exchange.rs"))
        .lines()
        .filter_map(|line| line.strip_prefix("async fn pitfall_"))
        .map(|name| name[..2].parse().unwrap())
        .collect();
    let left_out: BTreeSet<u32> = LEFT_OUT.iter().map(|(number, _)| *number).collect();
    assert_eq!(left_out.len(), LEFT_OUT.len());
    assert!(tested.is_disjoint(&left_out), "{:?}", tested.intersection(&left_out));
    assert_eq!(tested.union(&left_out).copied().collect::<BTreeSet<u32>>(), (1..=PITFALLS).collect());
}

#[test]
fn what_is_left_out_for_not_being_built_is_not_built() {
    const BUILT_BY: [(&str, &str); 3] =
        [("drafts", "/drafts"), ("webhooks", "/hooks"), ("gated opens", "/open/request")];
    for (number, reason) in LEFT_OUT {
        let Some((_, end)) = BUILT_BY.iter().find(|(what, _)| reason.starts_with(what)) else { continue };
        let built = server::http::ROUTES.iter().any(|route| route.path.ends_with(end));
        assert!(!built, "pitfall {number} concerns {end}, which is built: write its test");
    }
}

async fn with_prod(definition: &str) -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", definition).await;
    app
}

fn revision(answer: &Answer) -> &str {
    answer.header("pulumi-esc-revision").expect("the revision is named")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn pitfall_01_the_revision_header_is_a_plain_integer() {
    let app = with_prod("values: {a: 1}").await;
    let ada = app.user("ada");
    for path in ["", "/decrypt", "/versions/2", "/versions/latest", "/versions/2/decrypt"] {
        assert_eq!(revision(&ada.get(&format!("{PROD}{path}")).await.expect(200)), "2", "{path}");
    }
    assert_eq!(revision(&ada.head(PROD).await.expect(200)), "2");
    assert_eq!(revision(&ada.patch(PROD).body("values: {a: 2}").await.expect(200)), "3");
}

#[tokio::test]
async fn pitfall_02_the_precondition_is_in_a_request_header_named_etag() {
    let app = with_prod("").await;
    let ada = app.user("ada");
    let etag = ada.get(PROD).await.header("etag").unwrap().to_owned();
    ada.patch(PROD).header("etag", &etag).body("values: {a: 1}").await.expect(200);
    ada.patch(PROD).header("etag", &etag).body("values: {a: 2}").await.expect(409).message();
    ada.patch(PROD).header("etag", "").body("values: {a: 3}").await.expect(200);
}

#[tokio::test]
async fn pitfall_04_the_body_of_an_error_has_the_status_as_its_code() {
    let app = with_prod("").await;
    let ada = app.user("ada");
    for (answer, status) in [
        (ada.get(&format!("{ENVIRONMENTS}/acme/web/none")).await, 404),
        (ada.get("/api/nowhere").await, 404),
        (ada.put("/api/user").await, 405),
        (app.anonymous().get(PROD).await, 401),
        (ada.post(&format!("{PROD}/open?duration=x")).await, 400),
    ] {
        assert_eq!(answer.expect(status).json()["code"], status);
    }
}

#[tokio::test]
async fn pitfall_06_diagnostics_of_a_failure_are_a_400_with_a_list_that_is_not_empty() {
    let app = with_prod("").await;
    let bad = "values: {a: '${nothing}'}";
    let collection = format!("{ENVIRONMENTS}/acme/yaml");
    for answer in [
        app.user("ada").patch(PROD).body(bad).await,
        app.user("ada").post(&format!("{collection}/check")).body(bad).await,
        app.user("ada").post(&format!("{collection}/open")).body(bad).await,
    ] {
        let body = answer.expect(400).json();
        assert_eq!((&body["code"], body["diagnostics"].as_array().unwrap().len()), (&json!(400), 1));
    }
}

#[tokio::test]
async fn pitfall_07_yaml_may_be_labelled_json() {
    let app = with_prod("").await;
    let patch = app.user("ada").patch(PROD).header("content-type", "application/json").body("values: {a: 1}");
    patch.await.expect(200);
    assert_eq!(app.user("ada").get(PROD).await.text(), "values: {a: 1}");
}

#[tokio::test]
async fn pitfall_08_an_update_without_warnings_answers_an_empty_json_object() {
    let app = with_prod("").await;
    let updated = app.user("ada").patch(PROD).body("values: {a: 1}").await.expect(200);
    assert_eq!((updated.text().as_str(), updated.header("content-type")), ("{}\n", Some("application/json")));
}

#[tokio::test]
async fn pitfall_09_warnings_come_with_200_and_say_that_they_are_warnings() {
    let app = with_prod("").await;
    let updated = app.user("ada").patch(PROD).body("values: {a: 1}\nvlaues: {}\n").await.expect(200).json();
    assert_eq!(updated["diagnostics"][0]["severity"], "warning");
}

#[tokio::test]
async fn pitfall_10_the_list_of_tags_ends_with_the_token_0() {
    let app = with_prod("").await;
    let tags = format!("{PROD}/tags");
    app.user("ada").post(&tags).body(r#"{"name":"team","value":"core"}"#).await.expect(200);
    assert_eq!(app.user("ada").get(&format!("{tags}?after=&count=500")).await.json()["nextToken"], "0");
}

#[tokio::test]
async fn pitfall_11_tokens_of_lists_of_tags_are_texts_and_always_there() {
    let app = with_prod("").await;
    assert!(app.user("ada").get(&format!("{PROD}/tags")).await.json()["nextToken"].is_string());
    assert_eq!(app.user("ada").get(&format!("{PROD}/versions/tags")).await.json()["nextToken"], "");
}

#[tokio::test]
async fn pitfall_12_the_list_of_revisions_is_a_bare_array() {
    let app = with_prod("").await;
    assert!(app.user("ada").get(&format!("{PROD}/versions")).await.expect(200).json().is_array());
}

#[tokio::test]
async fn pitfall_14_empty_parameters_are_absent_and_before_0_is_no_bound() {
    let app = with_prod("").await;
    let ada = app.user("ada");
    for query in ["?before=&count=", "?before=0&count=500", ""] {
        let listed = ada.get(&format!("{PROD}/versions{query}")).await.expect(200).json();
        assert_eq!(listed[0]["number"], 1, "{query}");
    }
    ada.get(&format!("{PROD}/versions/tags?after=&count=500")).await.expect(200);
    ada.get(&format!("{PROD}/tags?after=&count=500")).await.expect(200);
}

#[tokio::test]
async fn pitfall_15_one_revision_is_fetched_as_the_newest_below_the_next() {
    let app = with_prod("values: {a: 1}").await;
    let fetch = async |before: u32| {
        let path = format!("{PROD}/versions?before={before}&count=1");
        app.user("ada").get(&path).await.expect(200).json()
    };
    assert_eq!((&fetch(3).await[0]["number"], &fetch(2).await[0]["number"]), (&json!(2), &json!(1)));
    assert_eq!(fetch(99).await[0]["number"], 2);
    assert_eq!(fetch(1).await, json!([]));
}

#[tokio::test]
async fn pitfall_16_moving_a_revision_tag_that_is_not_there_is_404_and_then_it_is_created() {
    let app = with_prod("").await;
    let (ada, tags) = (app.user("ada"), format!("{PROD}/versions/tags"));
    let missing = ada.patch(&format!("{tags}/stable")).body(r#"{"revision":1}"#).await.expect(404);
    assert_eq!(missing.json()["code"], 404);
    ada.post(&tags).body(r#"{"name":"stable","revision":1}"#).await.expect(204);
    ada.patch(&format!("{tags}/stable")).body(r#"{"revision":1}"#).await.expect(204);
}

#[tokio::test]
async fn pitfall_17_a_tag_is_read_then_created_or_changed_with_its_current_value() {
    let app = with_prod("").await;
    let (ada, tags) = (app.user("ada"), format!("{PROD}/tags"));
    assert_eq!(ada.get(&format!("{tags}/team")).await.expect(404).json()["code"], 404);
    ada.post(&tags).body(r#"{"name":"team","value":"core"}"#).await.expect(200);
    let change = r#"{"currentTag":{"value":"core"},"newTag":{"name":"","value":"web"}}"#;
    ada.patch(&format!("{tags}/team")).body(change).await.expect(200);
    assert_eq!(ada.get(&format!("{tags}/team")).await.json()["value"], "web");
    let moved = r#"{"currentTag":{"value":"web"},"newTag":{"name":"squad","value":""}}"#;
    ada.patch(&format!("{tags}/team")).body(moved).await.expect(200);
    ada.get(&format!("{tags}/squad")).await.expect(200);
}

#[tokio::test]
async fn pitfall_18_a_rotation_takes_paths_in_either_spelling_and_none_means_all() {
    let app = with_prod("values: {a: 1}").await;
    for body in [r#"{"Paths":[]}"#, r#"{"Paths":null}"#, r#"{"paths":[]}"#] {
        let rotated = app.user("ada").post(&format!("{PROD}/rotate")).body(body).await.expect(200).json();
        assert_eq!(rotated["secretRotationEvent"]["status"], "succeeded", "{body}");
    }
    app.user("ada").post(&format!("{PROD}/rotate")).body(r#"{"Paths":["a["]}"#).await.expect(400).message();
}

#[tokio::test]
async fn pitfall_19_a_rotation_that_failed_says_why() {
    let definition = "values:
  login:
    fn::rotate::postgres:
      inputs:
        database:
          host: 127.0.0.1
          port: 1
          database: postgres
          managingUser: {username: manager, password: {fn::secret: hunter2}}
        rotateUsers: {username1: one, username2: two}
";
    let app = with_prod(definition).await;
    let rotated = app.user("ada").post(&format!("{PROD}/rotate")).body(r#"{"Paths":[]}"#).await.expect(200);
    let event = rotated.json()["secretRotationEvent"].clone();
    assert_eq!((&event["status"], &event["rotations"][0]["status"]), (&json!("failed"), &json!("failed")));
    assert!(event["rotations"][0]["errorMessage"].as_str().is_some_and(|message| !message.is_empty()));
}

#[tokio::test]
async fn pitfall_21_deleting_what_is_protected_is_409_and_says_protect() {
    let app = with_prod("").await;
    let protect = r#"{"deletionProtected":true}"#;
    app.user("ada").patch(&format!("{PROD}/settings")).body(protect).await.expect(200);
    assert!(app.user("ada").delete(PROD).await.expect(409).message().contains("protect"));
}

#[tokio::test]
async fn pitfall_22_a_project_taken_for_an_organization_is_a_plain_404() {
    let app = with_prod("").await;
    let probe = app.user("ada").get(&format!("{ENVIRONMENTS}/web/default/prod")).await.expect(404);
    assert_eq!(probe.json()["code"], 404);
    app.user("ada").get(PROD).await.expect(200);
}

#[tokio::test]
async fn pitfall_23_the_stored_text_is_checked_as_yaml_with_all_that_a_definition_is_shown_from() {
    let app = with_prod("values:\n  a: {fn::secret: hunter2}\n  b: ${a}\n").await;
    let ada = app.user("ada");
    let stored = ada.get(PROD).await.expect(200).text();
    let check = format!("{ENVIRONMENTS}/acme/yaml/check");
    let checked = ada.post(&format!("{check}?showSecrets=true")).body(stored.clone()).await.expect(200).json();
    assert_eq!(checked["properties"]["b"]["value"], "hunter2");
    assert!(checked["properties"]["b"]["trace"]["def"].is_object());
    assert!(checked["exprs"]["a"].is_object() && checked["schema"].is_object());
    let hidden = ada.post(&format!("{check}?showSecrets=false")).body(stored).await.expect(200);
    assert!(!hidden.text().contains("hunter2"));
    assert_eq!(hidden.json()["properties"]["a"]["secret"], true);
}

#[tokio::test]
async fn pitfall_24_all_values_are_read_at_once_for_a_client_that_picks_one_itself() {
    let app = with_prod("values: {a: {b: 1}, c: 2}").await;
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").get(&format!("{PROD}/open/{session}?property=")).await.expect(200).json();
    assert_eq!(
        (&read["properties"]["a"]["value"]["b"]["value"], &read["properties"]["c"]["value"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn pitfall_25_organizations_of_a_user_have_a_login() {
    let app = TestApp::start().await;
    let user = app.user("ada").get("/api/user").await.expect(200).json();
    assert_eq!((&user["githubLogin"], &user["organizations"][0]["githubLogin"]), (&json!("ada"), &json!("acme")));
}

#[tokio::test]
async fn pitfall_26_the_default_organization_is_always_200_even_of_somebody_who_has_none() {
    let app = TestApp::start().await;
    for login in ["ada", "otto"] {
        let default = app.user(login).get("/api/user/organizations/default").await.expect(200).json();
        assert!(default["GitHubLogin"].is_string());
    }
}

#[tokio::test]
async fn pitfall_27_slashes_and_dots_are_cleaned_from_the_path_and_values_of_the_query_survive() {
    let app = with_prod("values: {'a//..': {b: 1}}").await;
    let session = app.session("ada", "web/prod").await;
    let query = "property=%5B%22a%2F%2F..%22%5D.b";
    let path = format!("{ENVIRONMENTS}//acme/./web/x/../prod/open/{session}?{query}");
    assert_eq!(app.user("ada").get(&path).await.expect(200).json()["value"], 1);
}

#[tokio::test]
async fn pitfall_28_a_property_is_read_below_a_double_slash() {
    let app = with_prod("values: {a: {b: [1, 2]}}").await;
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").get(&format!("{PROD}/open//{session}?property=a.b%5B1%5D")).await.expect(200);
    assert_eq!(read.json()["value"], 2);
}

#[tokio::test]
async fn pitfall_29_what_changes_answers_204_and_what_shows_a_tag_200() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let create = ada.post(&format!("{ENVIRONMENTS}/acme")).body(r#"{"project":"web","name":"prod"}"#);
    assert!(create.await.expect(204).body.is_empty());
    ada.post(&format!("{PROD}/clone")).body(r#"{"name":"copy"}"#).await.expect(204);
    let tags = format!("{PROD}/versions/tags");
    ada.post(&tags).body(r#"{"name":"stable","revision":1}"#).await.expect(204);
    ada.patch(&format!("{tags}/stable")).body(r#"{"revision":1}"#).await.expect(204);
    ada.delete(&format!("{tags}/stable")).await.expect(204);
    ada.post(&format!("{PROD}/tags")).body(r#"{"name":"team","value":"core"}"#).await.expect(200);
    ada.delete(&format!("{PROD}/tags/team")).await.expect(204);
    ada.delete(PROD).header("user-agent", "esc-sdk/ts/0.12.4").await.expect(200);
    ada.delete(&PROD.replace("prod", "copy")).await.expect(204);
}

#[tokio::test]
async fn pitfall_30_of_an_empty_environment_the_open_values_are_an_empty_object_and_a_newline() {
    let app = with_prod("").await;
    let session = app.session("ada", "web/prod").await;
    assert_eq!(app.user("ada").get(&format!("{PROD}/open/{session}")).await.expect(200).text(), "{}\n");
}

#[tokio::test]
async fn pitfall_31_an_open_answers_its_identifier_and_nothing_else() {
    let app = with_prod("values: {a: 1}\nvlaues: {}\n").await;
    let opened = app.user("ada").post(&format!("{PROD}/open?duration=2h0m0s")).await.expect(200).json();
    assert_eq!(keys(&opened), ["id"]);
}

#[tokio::test]
async fn pitfall_32_what_strict_clients_read_has_exactly_the_keys_that_they_know() {
    let app = with_prod("values: {a: {b: [1]}}").await;
    let ada = app.user("ada");
    ada.post(&format!("{PROD}/versions/tags")).body(r#"{"name":"stable","revision":1}"#).await.expect(204);
    let tag = ada.post(&format!("{PROD}/tags")).body(r#"{"name":"team","value":"core"}"#).await.expect(200).json();
    assert_eq!(keys(&tag), ["created", "editorLogin", "editorName", "modified", "name", "value"]);
    assert_eq!(keys(&ada.get(&format!("{PROD}/tags")).await.json()), ["nextToken", "tags"]);
    let revisions = ada.get(&format!("{PROD}/versions")).await.json();
    assert_eq!(keys(&revisions[0]), ["created", "creatorLogin", "creatorName", "number", "tags"]);
    let stable = ada.get(&format!("{PROD}/versions/tags/stable")).await.json();
    assert_eq!(keys(&stable), ["created", "editorLogin", "editorName", "modified", "name", "revision"]);
    assert_eq!(keys(&ada.get(&format!("{ENVIRONMENTS}/acme/web/none")).await.json()), ["code", "message"]);
    let session = app.session("ada", "web/prod").await;
    let read = ada.get(&format!("{PROD}/open/{session}")).await.json();
    assert_eq!(keys(&read["properties"]["a"]), ["trace", "value"]);
}

#[tokio::test]
async fn pitfall_33_what_clients_require_is_there() {
    let app = with_prod("values: {a: {b: [1]}}").await;
    let ada = app.user("ada");
    let listed = ada.get(&format!("{ENVIRONMENTS}/acme")).await.json()["environments"][0].clone();
    for required in ["project", "name", "created", "modified"] {
        assert!(listed[required].is_string(), "{required}");
    }
    let session = app.session("ada", "web/prod").await;
    let read = ada.get(&format!("{PROD}/open/{session}")).await.json();
    let value = &read["properties"]["a"];
    assert_eq!(keys(value), ["trace", "value"]);
    assert_eq!(keys(&value["trace"]["def"]), ["begin", "end", "environment"]);
    assert_eq!(keys(&value["trace"]["def"]["begin"]), ["byte", "column", "line"]);
}

#[tokio::test]
async fn pitfall_35_a_creation_and_two_updates_are_revision_3_and_latest_is_a_tag_like_others() {
    let app = with_prod("values: {a: 1}").await;
    let ada = app.user("ada");
    assert_eq!(revision(&ada.patch(PROD).body("values: {a: 2}").await.expect(200)), "3");
    let tag = r#"{"name":"testTag","revision":2}"#;
    ada.post(&format!("{PROD}/versions/tags")).body(tag).await.expect(204);
    let listed = ada.get(&format!("{PROD}/versions/tags")).await.expect(200).json();
    let tags: Vec<_> = listed["tags"].as_array().unwrap().iter().map(|tag| (&tag["name"], &tag["revision"])).collect();
    assert_eq!(tags, [(&json!("latest"), &json!(3)), (&json!("testTag"), &json!(2))]);
}

#[tokio::test]
async fn pitfall_36_what_was_written_is_read_at_once() {
    let app = TestApp::start().await;
    for number in 0..5 {
        let name = format!("web/e{number}");
        app.environment("ada", &name, "values: {a: 1}").await;
        let clone = format!("{ENVIRONMENTS}/acme/{name}/clone");
        app.user("ada").post(&clone).body(format!(r#"{{"name":"c{number}"}}"#)).await.expect(204);
        let copy = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/c{number}")).await.expect(200);
        assert_eq!(copy.text(), "values: {a: 1}");
    }
}

#[tokio::test]
async fn pitfall_37_what_is_not_known_is_404_and_never_a_5xx_that_is_tried_again() {
    let app = with_prod("values: {a: 1}").await;
    let session = app.session("ada", "web/prod").await;
    for path in [
        format!("{ENVIRONMENTS}/nobody/web/prod"),
        format!("{ENVIRONMENTS}/acme/nothing/prod"),
        format!("{PROD}/versions/99"),
        format!("{PROD}/versions/nothing"),
        format!("{PROD}/versions/tags/nothing"),
        format!("{PROD}/tags/nothing"),
        format!("{PROD}/open/s_nothing"),
        format!("{PROD}/open/{session}?property=nothing"),
    ] {
        app.user("ada").get(&path).await.expect(404).message();
    }
}

#[tokio::test]
async fn pitfall_38_a_diagnostic_names_the_environment_with_its_project() {
    let app = TestApp::start().await;
    app.environment("ada", "default/prod", "").await;
    let path = format!("{ENVIRONMENTS}/acme/default/prod");
    let refused = app.user("ada").patch(&path).body("values: {a: '${nothing}'}").await.expect(400).json();
    assert_eq!(refused["diagnostics"][0]["range"]["environment"], "default/prod");
}

#[tokio::test]
async fn pitfall_39_a_schedule_is_also_changed_by_post() {
    let app = with_prod("values: {a: 1}").await;
    let (ada, schedules) = (app.user("ada"), format!("{PROD}/schedules"));
    let made = ada.post(&schedules).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200).json();
    let one = format!("{schedules}/{}", made["id"].as_str().unwrap());
    let changed = ada.post(&one).body(r#"{"scheduleCron":"0 4 * * *"}"#).await.expect(200).json();
    assert_eq!(changed["scheduleCron"], "0 4 * * *");
}

#[tokio::test]
async fn pitfall_41_what_never_ran_has_an_empty_time_and_other_times_are_readable() {
    let app = with_prod("values: {a: 1}").await;
    let schedules = format!("{PROD}/schedules");
    app.user("ada").post(&schedules).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200);
    let listed = app.user("ada").get(&schedules).await.expect(200).json()["schedules"][0].clone();
    assert_eq!(listed["lastExecuted"], "");
    assert!(listed["nextExecution"].as_str().is_some_and(|time| time.contains('T') || time.contains(' ')));
}

#[tokio::test]
async fn pitfall_42_the_log_is_listed_without_a_start_and_by_the_parameters_of_the_command_line() {
    let app = with_prod("").await;
    let listed =
        app.user("ada").get(&format!("{LOGS}?eventType=environment-created&user=ada")).await.expect(200).json();
    assert_eq!(listed["auditLogEvents"][0]["event"], "environment-created");
    assert_eq!(listed["auditLogEvents"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pitfall_43_an_export_is_gzipped_text_and_never_json() {
    let app = with_prod("").await;
    let export = app.user("ada").get(&format!("{LOGS}/export?format=csv")).await.expect(200);
    assert_eq!(export.header("content-encoding"), Some("gzip"));
    assert!(export.header("content-type").unwrap().starts_with("text/plain"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*export.body).read_to_string(&mut text).unwrap();
    assert!(text.starts_with("Timestamp,Name,Login,Event,"));
}

#[tokio::test]
async fn pitfall_45_an_answer_above_500_names_its_request_and_others_need_not() {
    let app = with_prod("").await;
    assert!(app.user("ada").get(PROD).await.expect(200).header("x-pulumi-request-id").is_none());
    app.engine().publish().await.unwrap();
    app.user("ada").get(PROD).await.expect(200);
    app.engine().sequence_all().await.unwrap();
    let acme = "(SELECT id FROM organization WHERE name = 'acme')";
    app.tamper(&format!("UPDATE log SET frontier = x'00' WHERE organization_id = {acme}")).await;
    assert_eq!(app.engine().publish().await.unwrap().frozen, 1);
    let failed = app.user("ada").get(PROD).await.expect(503);
    assert!(failed.header("x-pulumi-request-id").is_some_and(|id| id.starts_with("q_")));
}

#[tokio::test]
async fn pitfall_46_numbers_keep_their_digits() {
    let app = with_prod("values: {a: 9007199254740993, b: 0.1}").await;
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").get(&format!("{PROD}/open/{session}")).await.expect(200).text();
    assert!(read.contains(r#""value":9007199254740993"#) && read.contains(r#""value":0.1,"#), "{read}");
}

#[tokio::test]
async fn pitfall_47_a_definition_is_yaml_whatever_is_accepted() {
    let app = with_prod("values: {a: 1}").await;
    let read = app.user("ada").get(PROD).header("accept", "application/json").await.expect(200);
    assert_eq!((read.header("content-type"), read.text().as_str()), (Some("application/x-yaml"), "values: {a: 1}"));
}

#[tokio::test]
async fn pitfall_48_what_has_no_body_may_be_labelled_a_form() {
    let app = with_prod("").await;
    let form = "application/x-www-form-urlencoded";
    app.user("ada").post(&format!("{PROD}/open")).header("content-type", form).await.expect(200);
}

#[tokio::test]
async fn pitfall_51_a_check_that_fails_is_a_400_with_one_diagnostic_that_names_the_reference() {
    let app = TestApp::start().await;
    let check = format!("{ENVIRONMENTS}/acme/yaml/check");
    let body = app.user("ada").post(&check).body("values: {a: '${bad_ref}'}").await.expect(400).json();
    let diagnostics = body["diagnostics"].as_array().unwrap();
    assert_eq!((diagnostics.len(), &diagnostics[0]["summary"]), (1, &json!(r#"unknown property "bad_ref""#)));
}
