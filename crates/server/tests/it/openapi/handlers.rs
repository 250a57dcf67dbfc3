//! What the signatures of handlers say: what each takes and gives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a request or an answer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// A definition.
    Yaml,
    /// JSON, of a wire type or of a shape that no type has.
    Json(Option<String>),
    /// Whatever the handler makes.
    Any,
}

/// A handler, from outside.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    /// What the router calls it.
    pub(super) activity: String,
    pub(super) request: Body,
    pub(super) response: Body,
    /// The query parameters that it names itself.
    pub(super) query: BTreeSet<String>,
    pub(super) is_authenticated: bool,
}

/// Signatures by path and method.
pub(super) type Handlers = BTreeMap<(String, String), Signature>;

/// The handlers of all routes, as they stand in the sources below a folder.
pub(super) fn all(http: &Path) -> Handlers {
    let router = fs::read_to_string(http.join("router.rs")).unwrap();
    let handlers = router.lines().filter_map(|line| {
        let (route, handler) = line.trim().strip_suffix(';')?.split_once(" => ")?;
        let (method, rest) = route.split_once(" \"")?;
        let (path, rest) = rest.split_once('"')?;
        let activity = rest.trim().trim_matches('"');
        let is_route = path.starts_with('/') && method.bytes().all(|byte| byte.is_ascii_uppercase());
        is_route.then(|| ((path.to_owned(), method.to_owned()), read(http, method, activity, handler)))
    });
    handlers.collect()
}

fn read(http: &Path, method: &str, activity: &str, handler: &str) -> Signature {
    let (modules, name) = handler.rsplit_once("::").unwrap_or(("", handler));
    let file = file_of(http, modules, name).unwrap_or_else(|| panic!("{handler} stands in no file"));
    let text = fs::read_to_string(&file).unwrap();
    let start = text.find(&format!("async fn {name}(")).unwrap_or_else(|| panic!("{handler} is no handler"));
    let text = &text[start..];
    // The end of the function: a brace at the start of a line.
    let text = &text[..text.find("\n}").unwrap_or(text.len())];
    let (signature, body) = text.split_once("{\n").unwrap_or((text, ""));
    let (takes, gives) = signature.split_once("->").unwrap_or((signature, ""));
    let request = match within(takes, "JsonBody<") {
        Some(name) => Body::Json(Some(name)),
        None if takes.contains("Text(") => Body::Yaml,
        None => Body::None,
    };
    let response = match within(gives, "Json<") {
        Some(name) => Body::Json(Some(name).filter(|name| name.starts_with(char::is_uppercase))),
        None if gives.contains("Yaml") => Body::Yaml,
        None if gives.contains("JsonText") => Body::Json(None),
        None if gives.contains("Response") && method != "HEAD" => Body::Any,
        None => Body::None,
    };
    let is_authenticated = takes.contains("Caller(") || takes.contains("Anybody(");
    Signature { activity: activity.to_owned(), request, response, query: query(activity, body), is_authenticated }
}

/// The type within angle brackets, without a path and lifetimes; lists as they are written.
fn within(text: &str, opening: &str) -> Option<String> {
    let rest = &text[text.find(opening)? + opening.len()..];
    let mut depth = 1;
    let end = rest.find(|letter| {
        depth += match letter {
            '<' => 1,
            '>' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    Some(rest[..end].trim_start_matches("api::").replace("<'static>", ""))
}

/// Parameters that handlers leave to others to ask for, by activity.
const ELSEWHERE: [(&str, &[&str]); 5] = [
    ("list-environments", &["continuationToken", "maxResults"]),
    ("check-environment", &["showSecrets"]),
    ("check-yaml", &["showSecrets"]),
    ("read-audit-log", AUDIT_LOG),
    ("export-audit-log", AUDIT_LOG),
];
const AUDIT_LOG: &[&str] = &["continuationToken", "endTime", "eventFilter", "format", "startTime", "userFilter"];

/// Parameters that the function asks for by name, or that others ask for in its place.
fn query(activity: &str, body: &str) -> BTreeSet<String> {
    let asked = body.split("parameters.").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("(\"")?;
        let (name, _) = rest.split_once('"')?;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| name.to_owned())
    });
    let elsewhere = ELSEWHERE.iter().filter(|(known, _)| *known == activity).flat_map(|(_, names)| *names);
    asked.chain(elsewhere.map(|name| (*name).to_owned())).collect()
}

/// The file of a handler: of its module, or of the one that its module passes on.
fn file_of(http: &Path, modules: &str, name: &str) -> Option<PathBuf> {
    let folder = modules.split("::").fold(http.to_owned(), |folder, module| folder.join(module));
    let file = folder.with_extension("rs");
    if file.is_file() {
        return Some(file);
    }
    let module = fs::read_to_string(folder.join("mod.rs")).ok()?;
    let flat = module.split_whitespace().collect::<Vec<_>>().join(" ");
    for passed in flat.split("use ").skip(1) {
        let (file, names) = passed.split(';').next()?.split_once("::").unwrap_or_default();
        let mut names = names.trim_matches(['{', '}', ' ']).split(',').map(str::trim);
        if names.any(|passed| passed == name) {
            let below = folder.join(file);
            let candidates = [below.with_extension("rs"), below.join("mod.rs")];
            return candidates.into_iter().find(|file| file.is_file());
        }
    }
    None
}
