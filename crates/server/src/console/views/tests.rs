//! Every page, rendered with examples and held to what the policy forbids.

use jiff::Timestamp;

use super::grouped;
use super::samples::{hostile_strings, pages};

fn now() -> Timestamp {
    "2026-03-01T09:15:00Z".parse().expect("a timestamp")
}

/// The page's tags, without its text.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start..];
        let end = tag.find('>').expect("a tag ends");
        tags.push(&tag[..=end]);
        rest = &tag[end + 1..];
    }
    tags
}

#[test]
fn every_page_is_one_document_with_a_title_a_skip_link_and_one_heading() {
    for (name, page) in pages(now()) {
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        assert_eq!(page.matches("<title>").count(), 1, "{name}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        assert_eq!(page.matches("<main id=\"main\"").count(), 1, "{name}");
        assert!(page.contains("href=\"#main\""), "{name}");
    }
}

#[test]
fn no_page_holds_what_the_content_security_policy_forbids() {
    for (name, page) in pages(now()) {
        for tag in tags(&page) {
            let attributes = attributes(tag);
            for (key, value) in &attributes {
                assert!(!key.starts_with("on") && *key != "style", "{name}: {tag}");
                if matches!(*key, "href" | "src" | "action") {
                    assert!(value.starts_with('/') && !value.starts_with("//") || *value == "#main", "{name}: {tag}");
                }
            }
            if tag.starts_with("<script") {
                assert!(attributes.iter().any(|(key, _)| *key == "src"), "{name}: {tag}");
            }
            assert!(!tag.starts_with("<style") && !tag.starts_with("<base") && !tag.starts_with("<iframe"), "{name}");
        }
    }
}

/// The attributes of a tag, which our templates always quote doubly.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut attributes = Vec::new();
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, next) = after.split_once('"').expect("a quoted value ends");
        let key = before.rsplit(' ').next().unwrap_or(before);
        attributes.push((key, value));
        rest = next;
    }
    attributes
}

#[test]
fn elements_nest_and_identifiers_are_unique() {
    const VOID: [&str; 8] = ["!doctype", "meta", "link", "input", "img", "br", "hr", "wbr"];
    for (name, page) in pages(now()) {
        let mut open: Vec<&str> = Vec::new();
        let mut ids = Vec::new();
        for tag in tags(&page) {
            ids.extend(attributes(tag).into_iter().filter(|(key, _)| *key == "id").map(|(_, id)| id));
            let element = tag.trim_matches(['<', '>', '/']).split([' ', '\n']).next().unwrap_or_default();
            if tag.starts_with("</") {
                assert_eq!(open.pop(), Some(element), "{name}");
            } else if !tag.ends_with("/>") && !VOID.contains(&element) {
                open.push(element);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} stays open");
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name} uses an identifier twice");
    }
}

#[test]
fn every_posted_form_carries_its_token_and_every_field_has_a_label() {
    for (name, page) in pages(now()) {
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(!form.contains("method=\"post\"") || form.contains("name=\"csrf\" value=\""), "{name}");
        }
        for tag in tags(&page) {
            let visible = tag.starts_with("<input") && !tag.contains("type=\"hidden\"") || tag.starts_with("<select");
            if visible {
                let attributes = attributes(tag);
                let (_, id) = attributes.iter().find(|(key, _)| *key == "id").expect("a field has an id");
                assert!(page.contains(&format!("<label for=\"{id}\">")), "{name}: {tag}");
            }
        }
    }
}

#[test]
fn hostile_strings_stay_text() {
    for (name, page) in pages(now()) {
        assert!(!page.contains("<script>"), "{name}");
        assert!(!page.contains("<img src=x"), "{name}");
        assert!(!page.contains("' autofocus onfocus='"), "{name}");
        if name == "audit-logs-hostile" {
            for text in hostile_strings() {
                let escaped =
                    askama::filters::escape(&text, askama::filters::Html).expect("text is escaped").to_string();
                assert!(page.contains(&escaped), "{text:.40} is missing");
            }
        }
    }
}

#[test]
fn a_picture_filters_by_its_owner_and_keeps_the_event() {
    let page = page("audit-logs-filtered");
    assert!(page.contains(
        "href=\"/acme/settings/audit-logs?user=ada&#38;event=environment-open\" aria-label=\"Show only events of Ada Park\""
    ));
}

#[test]
fn the_filter_is_visible_removable_and_part_of_every_link() {
    let page = page("audit-logs-filtered");
    assert!(page.contains(
        "href=\"/acme/settings/audit-logs?event=environment-open\" aria-label=\"Remove filter: user Ada Park\""
    ));
    assert!(
        page.contains(
            "href=\"/acme/settings/audit-logs?user=ada\" aria-label=\"Remove filter: event Environment Open\""
        )
    );
    assert!(page.contains("href=\"/acme/settings/audit-logs.csv?user=ada&#38;event=environment-open\" download"));
    assert!(page.contains("href=\"/acme/settings/audit-logs?user=ada&#38;event=environment-open&#38;before=4699\""));
    assert!(page.contains("value=\"ada\""));
    assert!(page.contains("<option value=\"environment-open\" selected>"));
}

#[test]
fn an_event_outside_the_list_stays_chosen() {
    assert!(page("audit-logs-no-match").contains("<option value=\"stack-updated\" selected>Stack Updated</option>"));
}

#[test]
fn nobody_cannot_be_filtered_by() {
    let page = page("audit-logs");
    assert!(!page.contains("Show only events of Anonymous"));
    assert!(page.contains("Show only events of Ada Park"));
}

#[test]
fn an_outcome_is_said_in_words() {
    let page = page("audit-logs");
    for word in ["Succeeded</span>", "Denied</span>", "Failed</span>", "Announced</span>"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn thousands_are_set_apart() {
    assert_eq!([0, 999, 1_000, 4_711, 12_345_678].map(grouped), ["0", "999", "1,000", "4,711", "12,345,678"]);
}

fn page(wanted: &str) -> String {
    pages(now()).into_iter().find_map(|(name, page)| (name == wanted).then_some(page)).expect("a page of that name")
}
