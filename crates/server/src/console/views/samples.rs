//! Pages filled with examples, for the tests and for the preview.

use jiff::{Timestamp, ToSpan as _};

use super::{
    Access, Activity, AuditLogs, AuditLogsForbidden, Change, CliLogin, CliLoginEnd, CodeLine, Entry, Environment,
    EnvironmentRef, EnvironmentRow, Environments, ErrorPage, EventChoice, EventGroup, Extent, Filter, Invite,
    InviteExpired, LogKey, MemberAccess, Moment, Organization, Outcome, Part, Person, Revision, RevisionRow,
    RoleHolders, RoleRow, Roles, ScheduleRow, Section, Sentence, Shell, SignIn, SignInError, Signed, Template,
    UserChoice, Way, Welcome, WelcomeExpired, links,
};

/// Every page in every state worth looking at, by file name.
pub(super) fn pages(now: Timestamp) -> Vec<(&'static str, String)> {
    let mut pages = Vec::new();
    let mut add = |name, page: Result<String, askama::Error>| pages.push((name, page.expect("a page renders")));
    add("sign-in", sign_in().render());
    add("sign-in-failed", sign_in_failed().render());
    add("sign-in-with-provider", SignIn { provider: Some("Acme".to_owned()), ..sign_in() }.render());
    add("welcome", welcome().render());
    add("welcome-failed", Welcome { error: Some("The two passwords differ.".to_owned()), ..welcome() }.render());
    add("welcome-expired", WelcomeExpired.render());
    add("invite", invite().render());
    add("invite-failed", Invite { error: Some("User already exists.".to_owned()), ..invite() }.render());
    add("invite-signed-in", Invite { user: Some(Person::user("lin", "Lin Achterberg")), ..invite() }.render());
    let hostile = hostile_strings().concat();
    add("invite-hostile", Invite { organization: hostile.clone(), login: hostile, ..invite() }.render());
    add("invite-expired", InviteExpired.render());
    add("cli-login", cli_login().render());
    let hostile = CliLogin { description: hostile_strings().concat(), ..cli_login() };
    add("cli-login-hostile", hostile.render());
    add("cli-login-done", CliLoginEnd { let_in: true }.render());
    add("cli-login-declined", CliLoginEnd { let_in: false }.render());
    add("audit-logs", audit_logs(now).render());
    add("audit-logs-filtered", audit_logs_filtered(now).render());
    add("audit-logs-empty", AuditLogs { entries: Vec::new(), older: None, extent: None, ..audit_logs(now) }.render());
    add("audit-logs-no-match", audit_logs_without_match(now).render());
    add("audit-logs-end", AuditLogs { entries: Vec::new(), older: None, paged: true, ..audit_logs(now) }.render());
    add("audit-logs-forbidden", audit_logs_forbidden().render());
    add("audit-logs-hostile", hostile_audit_logs(now).render());
    add("log-key", log_key(now).render());
    add(
        "log-key-unsigned",
        LogKey { checkpoint: None, keys: log_key(now).keys[..1].to_vec(), ..log_key(now) }.render(),
    );
    add("roles", roles().render());
    let hostile = hostile_strings().into_iter().map(|text| RoleRow {
        name: text.clone(),
        description: text.clone(),
        holders: Some(RoleHolders {
            members: vec![Person::user(text.clone(), text.clone())],
            teams: vec![text.clone()],
            tokens: vec![text],
        }),
        ..roles().roles[2].clone()
    });
    add("roles-hostile", Roles { roles: hostile.collect(), ..roles() }.render());
    add("access", access().render());
    let hostile = hostile_strings().into_iter().map(|text| MemberAccess {
        who: Person::user(text.clone(), text.clone()),
        level: "open",
        grounds: vec![text],
    });
    add("access-hostile", Access { members: hostile.collect(), ..access() }.render());
    add("environment", environment(now).render());
    add("environment-unread", Environment { definition: None, ..environment(now) }.render());
    add("environment-hostile", hostile_environment(now).render());
    add("revision", revision(now).render());
    add("environments", environments(now).render());
    add("environments-empty", Environments { environments: Vec::new(), more: None, ..environments(now) }.render());
    add("environments-hostile", hostile_environments(now).render());
    let inside = || Some(shell(Section::Elsewhere));
    add("error-404", ErrorPage::not_found(inside()).render());
    add("error-404-outside", ErrorPage::not_found(None).render());
    add("error-403", ErrorPage::forbidden(inside()).render());
    add("error-403-form", ErrorPage::stale_form(inside()).render());
    add("error-400", ErrorPage::bad_request(inside(), "There is no parameter “colour”.").render());
    add("error-500", ErrorPage::internal(None).with_request("q_ikzey25e43wsi2uk").render());
    add("error-503", ErrorPage::unavailable(inside()).with_request("q_ikzey25e43wsi2uk").render());
    pages
}

/// Strings that a careless page would trip over.
pub(super) fn hostile_strings() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".to_owned(),
        "\"><img src=x onerror=alert(1)>".to_owned(),
        "' autofocus onfocus='alert(1)".to_owned(),
        "&lt;b&gt; &amp; {{ 7 * 7 }}".to_owned(),
        "\u{202e}kraP adA\u{202c} مرحبا بالعالم".to_owned(),
        "👩‍👩‍👧‍👦🏴‍☠️".to_owned(),
        "n".repeat(10_240),
        "a long name ".repeat(900),
    ]
}

fn shell(section: Section) -> Shell {
    Shell {
        organization: Organization { login: "acme".to_owned(), name: "Acme Instruments".to_owned() },
        others: vec![
            Organization { login: "acme-labs".to_owned(), name: "Acme Labs".to_owned() },
            Organization { login: "northwind".to_owned(), name: String::new() },
        ],
        user: Person::user("ada", "Ada Park"),
        csrf: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
        section,
    }
}

fn roles() -> Roles {
    let role = |name: &str, description: &str, scopes: &[(&'static str, &'static str)]| RoleRow {
        name: name.to_owned(),
        description: description.to_owned(),
        is_fixed: description.is_empty(),
        is_default: name == "Member",
        scopes: scopes.to_vec(),
        holders: None,
    };
    let read = ("audit_logs:read", "Read the audit log of the organization, with its checkpoints and proofs.");
    let export = ("audit_logs:export", "Export the audit log of the organization.");
    let holders = RoleHolders {
        members: vec![Person::user("carol", ""), Person::user("ben", "Ben Oyelaran")],
        teams: vec!["security".to_owned(), "finance".to_owned()],
        tokens: vec!["siem".to_owned()],
    };
    Roles {
        shell: shell(Section::Roles),
        roles: vec![
            role("Admin", "", &[read, export]),
            role("Member", "", &[]),
            RoleRow { holders: Some(holders), ..role("Auditors", "Who look at what others did", &[read, export]) },
            RoleRow { holders: Some(RoleHolders::default()), ..role("Nobody’s", "Not given yet", &[read]) },
        ],
    }
}

fn code(number: Option<usize>, change: Change, indent: &str, key: &str, value: &str) -> CodeLine {
    let part = |kind, text: &str| Part { kind, text: text.to_owned() };
    let kind = if key.starts_with("fn::") { "call" } else { "key" };
    CodeLine { number, change, parts: vec![part("", indent), part(kind, key), part("", value)] }
}

fn environment(now: Timestamp) -> Environment {
    let hours = |hours: i64| Moment::new(now - hours.hours(), now);
    Environment {
        shell: shell(Section::Environments),
        project: "web".to_owned(),
        name: "prod".to_owned(),
        owner: Person::user("ada", "Ada Park"),
        protected: true,
        tags: vec![("tier".to_owned(), "production".to_owned())],
        definition: Some(vec![
            code(Some(1), Change::Kept, "", "values", ":"),
            code(Some(2), Change::Kept, "  ", "greeting", ": hello"),
            code(Some(3), Change::Kept, "  ", "fn::secret", ": {ciphertext: …cdefGH==}"),
        ]),
        revisions: vec![
            RevisionRow {
                number: 3,
                author: Person::user("ada", "Ada Park"),
                at: hours(2),
                tags: vec!["latest".to_owned(), "stable".to_owned()],
                retracted: false,
            },
            RevisionRow {
                number: 2,
                author: Person::user("ben", "Ben Oyelaran"),
                at: hours(30),
                tags: Vec::new(),
                retracted: true,
            },
        ],
        more: Some(links::revisions_before("acme", "web", "prod", 2)),
        is_auditor: true,
        schedules: vec![ScheduleRow {
            when: "0 3 * * 1".to_owned(),
            last: Some(hours(50)),
            next: Some("2026-03-02 03:00 UTC".to_owned()),
            paused: false,
        }],
    }
}

fn hostile_environment(now: Timestamp) -> Environment {
    let texts = hostile_strings();
    let all = texts.concat();
    Environment {
        project: all.clone(),
        name: all.clone(),
        owner: Person::user(all.clone(), all.clone()),
        tags: texts.iter().map(|text| (text.clone(), text.clone())).collect(),
        definition: Some(texts.iter().map(|text| code(Some(1), Change::Added, text, text, text)).collect()),
        schedules: vec![ScheduleRow { when: all, last: None, next: None, paused: true }],
        ..environment(now)
    }
}

fn revision(now: Timestamp) -> Revision {
    Revision {
        shell: shell(Section::Environments),
        project: "web".to_owned(),
        name: "prod".to_owned(),
        number: 3,
        before: Some(1),
        author: Person::user("ada", "Ada Park"),
        at: Moment::new(now - 2.hours(), now),
        lines: vec![
            code(Some(1), Change::Kept, "", "values", ":"),
            code(None, Change::Removed, "  ", "greeting", ": hello"),
            code(Some(2), Change::Added, "  ", "greeting", ": good evening"),
        ],
    }
}

fn access() -> Access {
    let member = |login: &str, name: &str, level, grounds: &[&str]| MemberAccess {
        who: Person::user(login, name),
        level,
        grounds: grounds.iter().map(|ground| (*ground).to_owned()).collect(),
    };
    Access {
        shell: shell(Section::Environments),
        address: links::environment("acme", "web", "prod"),
        environment: "website/prod".to_owned(),
        members: vec![
            member("ada", "Ada Park", "admin", &["Administrator of the organization", "Owner of the environment"]),
            member("ben", "Ben Oyelaran", "open", &["Team core: open, opens for at most 30m0s (g_betegyd5tk35j4io)"]),
            member("carol", "", "none", &[]),
        ],
        more: Some(links::access_after("acme", "website", "prod", "carol")),
    }
}

fn sign_in() -> SignIn {
    SignIn { csrf: "0f1e2d3c4b5a".to_owned(), next: Some("/acme/environments".to_owned()), ..SignIn::default() }
}

fn cli_login() -> CliLogin {
    CliLogin {
        csrf: "0f1e2d3c4b5a".to_owned(),
        user: Person::user("ada", "Ada Park"),
        port: 54_321,
        nonce: "6e6f6e6365".to_owned(),
        description: "Generated by esc login on workbench at 01 Mar 26 09:15 UTC".to_owned(),
        command: "esc login".to_owned(),
    }
}

fn sign_in_failed() -> SignIn {
    SignIn {
        login: "ada".to_owned(),
        error: Some(SignInError {
            message: "That login and password do not belong together.".to_owned(),
            way: Way::Password,
        }),
        ..sign_in()
    }
}

fn welcome() -> Welcome {
    Welcome {
        link: "Zk3v7qh2m5x9d4t8r".to_owned(),
        login: "ben".to_owned(),
        organization: "Acme Instruments".to_owned(),
        csrf: "0f1e2d3c4b5a".to_owned(),
        shortest: 12,
        error: None,
    }
}

fn invite() -> Invite {
    Invite {
        link: "Zk3v7qh2m5x9d4t8r".to_owned(),
        organization: "acme".to_owned(),
        role: "member",
        csrf: "0f1e2d3c4b5a".to_owned(),
        shortest: 12,
        ..Invite::default()
    }
}

fn event(id: &str, name: &str) -> EventChoice {
    EventChoice { id: id.to_owned(), name: name.to_owned() }
}

fn log_key(now: Timestamp) -> LogKey {
    let origin = "k3v7qh2m5x9d4t8r.escriba/org/rf26ggh4sztli7x4";
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let signature = "AAAAAKLkz/KzRWXqkR1S6Ul9ZSe3f3uF6h8rO4sC0v9vN0a7rP2ZkqVt1q5Fy8nTt3mIuJ1gqCkS9sL0m4cR1pC8yQo=";
    LogKey {
        shell: shell(Section::LogKey),
        origin: origin.to_owned(),
        keys: vec![
            format!("{origin}+a2e4cff2+Aaq1e0vYw2c1Fh8o1aQmY2Pz7mK5t3uW9xB4dE6gH8jL"),
            format!("{origin}+0b6e6385+AVqT1nO6uQ4sE8wR2yU7iP3aS9dF5gH1jK0lZ6xC4vBN"),
        ],
        checkpoint: Some(Signed {
            size: 4_711,
            newer: 9,
            root: root.to_owned(),
            signed: Moment::new(now - 3.seconds(), now),
            note: format!("{origin}\n4711\n{root}\n\n\u{2014} {origin} {signature}\n"),
        }),
    }
}

fn events() -> Vec<EventGroup> {
    vec![
        EventGroup {
            name: "Environments".to_owned(),
            events: vec![
                event("environment-created", "Environment Created"),
                event("environment-updated", "Environment Updated"),
                event("environment-open", "Environment Open"),
                event("environment-read-open", "Environment Read Open"),
                event("environment-unauthorized-open", "Environment Unauthorized Open"),
                event("environment-decrypted", "Environment Decrypted"),
            ],
        },
        EventGroup {
            name: "Sign-in and tokens".to_owned(),
            events: vec![event("user-login", "User Login"), event("user-login-failed", "User Login Failed")],
        },
    ]
}

fn person(login: &str) -> Person {
    match login {
        "ada" => Person::user("ada", "Ada Park"),
        "ben" => Person::user("ben", "Ben Oyelaran"),
        "chiara" => Person::user("chiara", "Chiara Fontanelli-Morgenstern"),
        "github-actions" => Person::service("github-actions", ""),
        "mallory" => Person::user("mallory", "Mallory Quist"),
        "" => Person::server(),
        other => Person::nobody(other),
    }
}

fn audit_logs(now: Timestamp) -> AuditLogs {
    AuditLogs {
        shell: shell(Section::AuditLogs),
        filter: Filter::default(),
        keys: vec![
            ("user", "a login: `user:ada`"),
            ("env", "an environment: `env:web/prod`"),
            ("ip", "`ip:10.0.0.0/8`"),
        ],
        events: events(),
        people: ["ada", "ben", "chiara"]
            .into_iter()
            .map(person)
            .map(|person| UserChoice { login: person.login, name: person.name })
            .collect(),
        entries: entries(now),
        older: Some("4699".to_owned()),
        paged: false,
        extent: Some(Extent { total: 4_712, newest: Some(4_711) }),
        keeps_server: true,
        notice: None,
    }
}

fn audit_logs_filtered(now: Timestamp) -> AuditLogs {
    let filter = Filter {
        user: Some(UserChoice { login: "ada".to_owned(), name: "Ada Park".to_owned() }),
        event: Some(event("environment-open", "Environment Open")),
        ..Filter::default()
    };
    let entries = entries(now).into_iter().filter(|entry| entry.who.login == "ada").collect();
    let notice = Some("The last few seconds are still being put in order. They will be here in a moment.".to_owned());
    AuditLogs { filter, entries, paged: true, notice, ..audit_logs(now) }
}

fn audit_logs_without_match(now: Timestamp) -> AuditLogs {
    let filter = Filter { event: Some(event("stack-updated", "Stack Updated")), ..Filter::default() };
    AuditLogs { filter, entries: Vec::new(), older: None, ..audit_logs(now) }
}

fn audit_logs_forbidden() -> AuditLogsForbidden {
    AuditLogsForbidden { shell: shell(Section::AuditLogs), administrators: vec![person("ben"), person("chiara")] }
}

/// One line of the example log.
struct Line {
    seconds_ago: i64,
    who: &'static str,
    text: &'static str,
    event: (&'static str, &'static str),
    outcome: Outcome,
    environment: Option<(&'static str, &'static str)>,
    source: &'static str,
    credential: &'static str,
}

const LINES: [Line; 12] = [
    Line {
        seconds_ago: 4,
        who: "github-actions",
        text: "Read 3 values from an open session of \"acme/website/production\"",
        event: ("environment-read-open", "Environment Read Open"),
        outcome: Outcome::Succeeded,
        environment: Some(("website", "production")),
        source: "203.0.113.7",
        credential: "organisation token",
    },
    Line {
        seconds_ago: 5,
        who: "github-actions",
        text: "Opened \"acme/website/production\" at revision 41, with 12 secrets, for 2 hours",
        event: ("environment-open", "Environment Open"),
        outcome: Outcome::Succeeded,
        environment: Some(("website", "production")),
        source: "203.0.113.7",
        credential: "organisation token",
    },
    Line {
        seconds_ago: 74,
        who: "mallory",
        text: "Tried to open \"acme/payments/production\"; permission is missing",
        event: ("environment-unauthorized-open", "Environment Unauthorized Open"),
        outcome: Outcome::Denied,
        environment: Some(("payments", "production")),
        source: "198.51.100.24",
        credential: "access token",
    },
    Line {
        seconds_ago: 190,
        who: "ada",
        text: "Updated \"acme/website/production\" to revision 41",
        event: ("environment-updated", "Environment Updated"),
        outcome: Outcome::Succeeded,
        environment: Some(("website", "production")),
        source: "2001:db8:85a3::8a2e:370:7334",
        credential: "access token",
    },
    Line {
        seconds_ago: 1_260,
        who: "ada",
        text: "Opened \"acme/website/staging\" at revision 38, with 11 secrets, for 1 hour",
        event: ("environment-open", "Environment Open"),
        outcome: Outcome::Succeeded,
        environment: Some(("website", "staging")),
        source: "2001:db8:85a3::8a2e:370:7334",
        credential: "access token",
    },
    Line {
        seconds_ago: 3_700,
        who: "chiara",
        text: "Tried to open \"acme/data-platform/warehouse-readonly\"; the provider did not answer",
        event: ("environment-open", "Environment Open"),
        outcome: Outcome::Failed,
        environment: Some(("data-platform", "warehouse-readonly")),
        source: "192.0.2.146",
        credential: "access token",
    },
    Line {
        seconds_ago: 7_400,
        who: "ben",
        text: "Signed in to the console",
        event: ("user-login", "User Login"),
        outcome: Outcome::Succeeded,
        environment: None,
        source: "192.0.2.9",
        credential: "password",
    },
    Line {
        seconds_ago: 7_460,
        who: "Anonymous",
        text: "Tried to sign in as \"ben\"; the password is wrong",
        event: ("user-login-failed", "User Login Failed"),
        outcome: Outcome::Denied,
        environment: None,
        source: "192.0.2.9",
        credential: "none",
    },
    Line {
        seconds_ago: 86_000,
        who: "ben",
        text: "Read the definition of \"acme/payments/production\" in plaintext",
        event: ("environment-decrypted", "Environment Decrypted"),
        outcome: Outcome::Succeeded,
        environment: Some(("payments", "production")),
        source: "192.0.2.9",
        credential: "console session",
    },
    Line {
        seconds_ago: 172_900,
        who: "chiara",
        text: "Announced the rotation of 2 secrets of \"acme/payments/production\"",
        event: ("environment-rotated", "Environment Rotated"),
        outcome: Outcome::Intended,
        environment: Some(("payments", "production")),
        source: "192.0.2.146",
        credential: "access token",
    },
    Line {
        seconds_ago: 400_000,
        who: "ada",
        text: "Created \"acme/payments/production\"",
        event: ("environment-created", "Environment Created"),
        outcome: Outcome::Succeeded,
        environment: Some(("payments", "production")),
        source: "2001:db8:85a3::8a2e:370:7334",
        credential: "access token",
    },
    Line {
        seconds_ago: 3_000_000,
        who: "",
        text: "Opened this log",
        event: ("escriba-log-opened", "Log Opened"),
        outcome: Outcome::Succeeded,
        environment: None,
        source: "",
        credential: "",
    },
];

fn moment(now: Timestamp, seconds_ago: i64) -> Moment {
    Moment::new(now - seconds_ago.seconds() - 123_456.microseconds(), now)
}

fn entries(now: Timestamp) -> Vec<Entry> {
    let mut index = 4_711;
    let mut entries = Vec::new();
    for line in &LINES {
        let environment = line.environment.map(|(project, name)| EnvironmentRef {
            project: project.to_owned(),
            name: name.to_owned(),
            href: (name != "warehouse-readonly").then(|| links::environment("acme", project, name)),
        });
        let subject = line.environment.map(|(project, name)| format!("acme/{project}/{name}")).unwrap_or_default();
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        entries.push(Entry {
            id: format!("019ca8ad-fa9b-7e29-8367-f904b1{index:06}"),
            index: Some(index),
            who: person(line.who),
            sentence: Sentence::around(line.text, &subject),
            event: event(line.event.0, line.event.1),
            outcome: line.outcome,
            environment,
            at: moment(now, line.seconds_ago),
            source: given(line.source),
            credential: given(line.credential),
        });
        index -= 1;
    }
    entries
}

fn hostile_audit_logs(now: Timestamp) -> AuditLogs {
    let mut page = audit_logs(now);
    let strings = hostile_strings();
    for (entry, text) in page.entries.iter_mut().zip(&strings) {
        entry.who = Person::user(text, text);
        entry.sentence =
            Sentence { before: format!("Opened {text} "), subject: text.clone(), after: format!(" and {text}") };
        entry.event = event(text, text);
        entry.environment = Some(EnvironmentRef {
            project: text.clone(),
            name: text.clone(),
            href: Some(links::environment(text, text, text)),
        });
        entry.source = Some(text.clone());
        entry.credential = Some(text.clone());
    }
    page.people = strings.iter().map(|text| UserChoice { login: text.clone(), name: text.clone() }).collect();
    page.events
        .push(EventGroup { name: strings[0].clone(), events: strings.iter().map(|text| event(text, text)).collect() });
    page.filter = Filter {
        user: Some(UserChoice { login: strings[1].clone(), name: strings[7].clone() }),
        event: Some(event(&strings[6], &strings[6])),
        query: strings.concat(),
        server: true,
    };
    page.older = Some(strings[1].clone());
    page.notice = Some(strings[2].clone());
    page.shell.organization = Organization { login: strings[1].clone(), name: strings[7].clone() };
    page.shell.others = strings.iter().map(|text| Organization { login: text.clone(), name: text.clone() }).collect();
    page.shell.user = Person::user(&strings[1], &strings[6]);
    page.shell.csrf.clone_from(&strings[1]);
    page
}

fn environments(now: Timestamp) -> Environments {
    let activity = |login: &str, seconds_ago| Activity { who: person(login), at: moment(now, seconds_ago) };
    let row = |project: &str, name: &str, revision, changed, opened, protected| EnvironmentRow {
        project: project.to_owned(),
        name: name.to_owned(),
        revision,
        changed,
        opened,
        protected,
        explained: true,
    };
    Environments {
        shell: shell(Section::Environments),
        environments: vec![
            row("data-platform", "warehouse", 7, activity("chiara", 640_000), Some(activity("chiara", 3_700)), false),
            row("payments", "production", 112, activity("ben", 90_000), Some(activity("github-actions", 700)), true),
            row("payments", "sandbox", 3, activity("ada", 2_700_000), None, false),
            row("website", "dev", 64, activity("ada", 5_200), Some(activity("ada", 5_100)), false),
            row("website", "production", 41, activity("ada", 190), Some(activity("github-actions", 5)), true),
            row("website", "staging", 38, activity("ben", 12_000), Some(activity("ada", 1_260)), false),
        ],
        more: None,
        server_url: "https://escriba.example.com".to_owned(),
    }
}

fn hostile_environments(now: Timestamp) -> Environments {
    let mut page = environments(now);
    for (row, text) in page.environments.iter_mut().zip(hostile_strings().iter().rev()) {
        row.project.clone_from(text);
        row.name.clone_from(text);
        row.changed.who = Person::user(text, text);
        row.opened = Some(row.changed.clone());
    }
    page
}
