//! The console's own addresses, so that no template joins one by hand.

use super::audit_logs::Filter;

/// The page to sign in on.
pub const SIGN_IN: &str = "/sign-in";
/// Where the identity provider sends people back to.
pub const SIGN_IN_BACK: &str = "/sign-in/back";
/// Where the form in the account menu is posted to.
pub const SIGN_OUT: &str = "/sign-out";

/// The page on which somebody lets a command line act as themselves.
pub const CLI_LOGIN: &str = "/cli-login";

/// The page to sign in on, for somebody who has just signed out.
pub const SIGNED_OUT: &str = "/sign-in?signed-out=1";

/// The page to sign in on, which leads on to a path.
pub fn sign_in(next: Option<&str>) -> String {
    next.map_or_else(|| SIGN_IN.to_owned(), |next| format!("{SIGN_IN}?next={}", encode(next)))
}

/// Where people are sent to the identity provider, and by that on to a path.
pub fn sign_in_by_provider(next: Option<&str>) -> String {
    next.map_or_else(|| "/sign-in/provider".to_owned(), |next| format!("/sign-in/provider?next={}", encode(next)))
}

/// The page on which a one-time link sets a password.
pub fn welcome(link: &str) -> String {
    format!("/welcome/{}", encode(link))
}

/// The page on which somebody joins an organisation by an invitation.
pub fn invite(link: &str) -> String {
    format!("/invite/{}", encode(link))
}

/// Where the form is posted to by which somebody without an account joins.
pub fn invite_account(link: &str) -> String {
    format!("{}/account", invite(link))
}

/// Where a command line on the same machine waits for its token. It is never another machine.
pub fn cli_callback(port: u16, nonce: &str, token: &str) -> String {
    format!("{}/?nonce={}&accessToken={}", cli_origin(port), encode(nonce), encode(token))
}

/// The origin of [`cli_callback`].
pub fn cli_origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The picture of a login.
pub fn avatar(login: &str) -> String {
    format!("/avatars/{}.svg", encode(login))
}

/// An organisation's environments.
pub fn environments(organization: &str) -> String {
    format!("/{}/environments", encode(organization))
}

/// The environments that come after one of them.
pub fn environments_after(organization: &str, project: &str, name: &str) -> String {
    format!("/{}/environments?after={}", encode(organization), encode(&format!("{project}/{name}")))
}

/// One environment.
pub fn environment(organization: &str, project: &str, name: &str) -> String {
    format!("/{}/environments/{}/{}", encode(organization), encode(project), encode(name))
}

/// The revisions before one of them on the page of [`environment`].
pub fn revisions_before(organization: &str, project: &str, name: &str, before: u64) -> String {
    format!("{}?before={before}#revisions", environment(organization, project, name))
}

/// What a revision changed.
pub fn revision(organization: &str, project: &str, name: &str, number: u64) -> String {
    format!("{}/revisions/{number}", environment(organization, project, name))
}

/// Who may do what with an environment.
pub fn access(organization: &str, project: &str, name: &str) -> String {
    format!("{}/access", environment(organization, project, name))
}

/// The members after one of them on the page of [`access`].
pub fn access_after(organization: &str, project: &str, name: &str, login: &str) -> String {
    format!("{}?after={}", access(organization, project, name), encode(login))
}

/// An organisation's audit log, newest first, or from `before` on.
pub fn audit_logs(organization: &str, filter: &Filter, before: Option<&str>) -> String {
    with_query(format!("/{}/settings/audit-logs", encode(organization)), filter, before)
}

/// Everything that [`audit_logs`] shows on all its pages, as CSV.
pub fn audit_logs_csv(organization: &str, filter: &Filter) -> String {
    with_query(format!("/{}/settings/audit-logs.csv", encode(organization)), filter, None)
}

/// Everything that [`audit_logs`] shows on all its pages, in another format.
pub fn audit_logs_export(organization: &str, format: &str, filter: &Filter) -> String {
    let path = format!("/{}/settings/audit-logs/export?format={}", encode(organization), encode(format));
    with_query(path, filter, None)
}

/// What signs an organisation's audit log, and what it signed last.
pub fn log_key(organization: &str) -> String {
    format!("/{}/settings/log-key", encode(organization))
}

/// An organisation's roles.
pub fn roles(organization: &str) -> String {
    format!("/{}/settings/roles", encode(organization))
}

fn with_query(path: String, filter: &Filter, before: Option<&str>) -> String {
    let parameters = [
        ("q", Some(filter.query.as_str()).filter(|query| !query.is_empty())),
        ("user", filter.user.as_ref().map(|user| user.login.as_str())),
        ("event", filter.event.as_ref().map(|event| event.id.as_str())),
        ("log", filter.server.then_some("server")),
        ("before", before),
    ];
    let mut url = path;
    let mut separator = if url.contains('?') { '&' } else { '?' };
    for (key, value) in parameters {
        if let Some(value) = value {
            url.push(separator);
            url.push_str(key);
            url.push('=');
            url.push_str(&encode(value));
            separator = '&';
        }
    }
    url
}

/// Keeps RFC 3986's unreserved characters and escapes every other byte, which
/// is right in a path segment, a query value and a fragment alike.
fn encode(text: &str) -> String {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::super::audit_logs::{EventChoice, UserChoice};
    use super::*;

    #[test]
    fn filter_and_page_live_in_the_url() {
        let filter = Filter {
            user: Some(UserChoice { login: "ada".to_owned(), name: "Ada Park".to_owned() }),
            event: Some(EventChoice { id: "environment-open".to_owned(), name: "Environment Open".to_owned() }),
            ..Filter::default()
        };
        let server = Filter { server: true, ..Filter::default() };
        assert_eq!(audit_logs("acme", &server, Some("42")), "/acme/settings/audit-logs?log=server&before=42");
        assert_eq!(audit_logs("acme", &Filter::default(), None), "/acme/settings/audit-logs");
        let query = Filter { query: "ip:10.0.0.0/8 -user:ada".to_owned(), ..Filter::default() };
        assert_eq!(audit_logs("acme", &query, None), "/acme/settings/audit-logs?q=ip%3A10.0.0.0%2F8%20-user%3Aada");
        assert_eq!(audit_logs("acme", &Filter::default(), Some("42")), "/acme/settings/audit-logs?before=42");
        assert_eq!(
            audit_logs("acme", &filter, Some("42")),
            "/acme/settings/audit-logs?user=ada&event=environment-open&before=42"
        );
        assert_eq!(audit_logs_csv("acme", &filter), "/acme/settings/audit-logs.csv?user=ada&event=environment-open");
        assert_eq!(
            audit_logs_export("acme", "csv-full", &filter),
            "/acme/settings/audit-logs/export?format=csv-full&user=ada&event=environment-open"
        );
    }

    #[test]
    fn no_name_leaves_its_place_in_an_address() {
        assert_eq!(avatar("../x?y#z"), "/avatars/..%2Fx%3Fy%23z.svg");
        assert_eq!(environment("a b", "web", "é"), "/a%20b/environments/web/%C3%A9");
        let filter = Filter {
            user: Some(UserChoice { login: "a&event=x".to_owned(), name: String::new() }),
            ..Filter::default()
        };
        assert_eq!(audit_logs("acme", &filter, None), "/acme/settings/audit-logs?user=a%26event%3Dx");
    }
}
