//! Paths: cleaned and rewritten before they are routed, and their names checked.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use engine::{EnvironmentName, Version};

use super::App;
use super::problem::Problem;

/// The path of an environment, its names checked, with the other segments beside it.
pub(crate) struct EnvironmentPath {
    /// The environment's name.
    pub(crate) name: EnvironmentName,
    segments: HashMap<String, String>,
}

impl EnvironmentPath {
    /// The version in the path, or the newest.
    pub(crate) fn version(&self) -> Result<Version, Problem> {
        match self.segments.get("version") {
            None => Ok(Version::Newest),
            Some(version) => Version::parse(version).map_err(|error| Problem::invalid(error.to_string())),
        }
    }

    /// Another segment.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<App> for EnvironmentPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let segments = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Path(segments) = segments.map_err(|_| Problem::invalid("the path is not valid"))?;
        let segment = |name: &str| segments.get(name).map_or("", String::as_str);
        let name = EnvironmentName::new(segment("organization"), segment("project"), segment("environment"));
        Ok(Self { name: name.map_err(|error| Problem::invalid(error.to_string()))?, segments })
    }
}

/// The path of an organisation.
pub(crate) struct OrganizationPath {
    /// The organisation's name, as typed: one that is no name leads nowhere.
    pub(crate) organization: String,
    segments: HashMap<String, String>,
}

impl OrganizationPath {
    /// Another segment.
    pub(crate) fn segment(&self, name: &str) -> String {
        self.segments.get(name).cloned().unwrap_or_default()
    }
}

impl FromRequestParts<App> for OrganizationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let segments = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Path(segments) = segments.map_err(|_| Problem::invalid("the path is not valid"))?;
        let organization = segments.get("organization").cloned().unwrap_or_default();
        if organization.len() > 100 {
            return Err(Problem::invalid("the organization name is too long"));
        }
        Ok(Self { organization, segments })
    }
}

/// Rewrites a request's path to the one that is routed: official clients send double slashes
/// (never answered with a redirect, which they would not follow) and old ones another prefix. Segments
/// that are `.` or `..` are followed, as the command line does before it sends; never above the root.
pub fn clean<B>(mut request: Request<B>) -> Request<B> {
    let path = request.uri().path();
    let is_clean = !path.contains("//") && !path.contains("/.") && (path == "/" || !path.ends_with('/'));
    if is_clean && !path.starts_with(LEGACY) && !path.starts_with(PREVIEW) {
        return request;
    }
    let cleaned = rewrite(path);
    let target = match request.uri().query() {
        Some(query) => format!("{cleaned}?{query}"),
        None => cleaned,
    };
    if let Ok(target) = target.parse::<PathAndQuery>() {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(target);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

const LEGACY: &str = "/api/preview/environments";
const LEGACY_PROVIDERS: &str = "/api/preview/environments/providers";
const PREVIEW: &str = "/api/preview/esc/environments";
const PROVIDERS: &str = "/api/esc/providers";
const CANONICAL: &str = "/api/esc/environments";

fn rewrite(path: &str) -> String {
    let mut single = String::with_capacity(path.len());
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => single.truncate(single.rfind('/').unwrap_or(0)),
            _ => {
                single.push('/');
                single.push_str(segment);
            }
        }
    }
    if single.is_empty() {
        single.push('/');
    }
    if let Some(rest) = single.strip_prefix(PREVIEW) {
        return format!("{CANONICAL}{rest}");
    }
    if let Some(rest) = single.strip_prefix(LEGACY_PROVIDERS).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        return format!("{PROVIDERS}{rest}");
    }
    let Some(rest) = single.strip_prefix(LEGACY).filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
        return single;
    };
    // The old family has no project: every environment in it is in the project `default`.
    let mut segments = rest.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some(organization), Some(environment)) if !["yaml", "tags", "restore"].contains(&environment) => {
            let mut canonical = format!("{CANONICAL}/{organization}/default/{environment}");
            for segment in segments {
                canonical.push('/');
                canonical.push_str(segment);
            }
            canonical
        }
        _ => format!("{CANONICAL}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn double_slashes_are_one() {
        let path = "/api/esc/environments/acme/web/prod/open//s_1";
        assert_eq!(rewrite(path), "/api/esc/environments/acme/web/prod/open/s_1");
    }

    #[test]
    fn dots_are_followed_and_never_above_the_root() {
        let cases = [
            ("/api/./user", "/api/user"),
            ("/api/esc/../user", "/api/user"),
            ("/api/user/", "/api/user"),
            ("/api/user/.", "/api/user"),
            ("/../../api/user", "/api/user"),
            ("/..", "/"),
            ("/.", "/"),
            ("//", "/"),
            ("/api/preview/environments/acme/../other/prod", "/api/esc/environments/other/default/prod"),
            ("/acme/...", "/acme/..."),
            ("/acme/.env/..b", "/acme/.env/..b"),
        ];
        for (sent, meant) in cases {
            assert_eq!(rewrite(sent), meant);
        }
    }

    #[test]
    fn the_old_family_means_the_project_default() {
        let cases = [
            ("/api/preview/environments", "/api/esc/environments"),
            ("/api/preview/environments/acme", "/api/esc/environments/acme"),
            ("/api/preview/environments/acme/prod", "/api/esc/environments/acme/default/prod"),
            ("/api/preview/environments/acme/prod/open/s_1", "/api/esc/environments/acme/default/prod/open/s_1"),
            ("/api/preview/environments/acme/yaml/open", "/api/esc/environments/acme/yaml/open"),
            ("/api/preview/environments/providers", "/api/esc/providers"),
            ("/api/preview/environments/providers/external/schema", "/api/esc/providers/external/schema"),
            ("/api/preview/environments/providers-too", "/api/esc/environments/providers-too"),
            ("/api/preview/environments/providers/aws-login/schema", "/api/esc/providers/aws-login/schema"),
            (
                "/api/preview/environments/acme/prod/versions/3/referrers",
                "/api/esc/environments/acme/default/prod/versions/3/referrers",
            ),
            ("/api/preview/esc/environments/acme/web/prod/drafts", "/api/esc/environments/acme/web/prod/drafts"),
        ];
        for (old, new) in cases {
            assert_eq!(rewrite(old), new);
        }
    }
}
