//! Names that callers give, checked once at the edge.

use std::fmt;

use crate::error::Error;

/// The longest project or environment name.
const LONGEST: usize = 100;

/// The name of an environment: organisation, project and environment, each checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnvironmentName {
    organization: String,
    project: String,
    environment: String,
}

impl EnvironmentName {
    /// A name whose parts could be names. It may still lead nowhere.
    pub fn new(organization: &str, project: &str, environment: &str) -> Result<Self, Error> {
        check("organization", organization)?;
        check("project", project)?;
        check("environment", environment)?;
        Ok(Self {
            organization: organization.to_owned(),
            project: project.to_owned(),
            environment: environment.to_owned(),
        })
    }

    /// A name that something new may get.
    pub fn for_creation(organization: &str, project: &str, environment: &str) -> Result<Self, Error> {
        let name = Self::new(organization, project, environment)?;
        // Paths of the API would lead elsewhere.
        if ["yaml", "tags", "restore"].contains(&project) {
            return Err(Error::Invalid(format!("`{project}` is a reserved project name")));
        }
        if ["open", "yaml"].contains(&environment) {
            return Err(Error::Invalid(format!("`{environment}` is a reserved environment name")));
        }
        Ok(name)
    }

    /// The organisation's name.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The environment's own name.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// `project/environment`, as ranges and imports have it.
    pub fn qualified(&self) -> String {
        format!("{}/{}", self.project, self.environment)
    }

    /// What an import in an environment of this organisation means: `project/env`, `env` in the
    /// project `default`, either with `@version`.
    pub(crate) fn import(organization: &str, text: &str) -> Result<(Self, Version), Error> {
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => (path, Version::parse(version)?),
            None => (text, Version::Newest),
        };
        let (project, environment) = path.split_once('/').unwrap_or(("default", path));
        Ok((Self::new(organization, project, environment)?, version))
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.organization, self.project, self.environment)
    }
}

/// Which revision of an environment is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// The newest, without saying so.
    Newest,
    /// By its number.
    Number(u64),
    /// By a tag; `latest` always names the newest.
    Tag(String),
}

impl Version {
    /// Reads a version from a path: a number if it begins with a digit, else a tag.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let number = text.parse().map_err(|_| Error::Invalid(format!("`{text}` is not a revision number")))?;
            return Ok(Self::Number(number));
        }
        check("tag", text)?;
        Ok(Self::Tag(text.to_owned()))
    }

    /// The word for how the revision was addressed.
    pub(crate) const fn by(&self) -> &'static str {
        match self {
            Self::Newest => "latest",
            Self::Number(_) => "number",
            Self::Tag(_) => "tag",
        }
    }
}

fn check(what: &str, text: &str) -> Result<(), Error> {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(shape) || text == "." || text == ".." {
        return Err(Error::Invalid(format!(
            "the {what} name must have 1 to {LONGEST} letters, digits, `_`, `.` or `-`"
        )));
    }
    Ok(())
}

/// First segments of the server's own paths: an organisation of such a name would have pages that
/// nobody can reach.
const RESERVED: [&str; 7] = ["api", "avatars", "invite", "sign-in", "sign-out", "static", "welcome"];

/// Checks the name of a new organisation: 3 to 40 letters, digits, `_` and `-`, not at the ends.
pub fn check_organization(name: &str) -> Result<(), Error> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let ends = |name: &str| {
        name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
            && name.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric())
    };
    if RESERVED.contains(&name) {
        return Err(Error::Invalid(format!("`{name}` is a reserved organization name")));
    }
    if (3..=40).contains(&name.len()) && name.bytes().all(inner) && ends(name) {
        Ok(())
    } else {
        Err(Error::Invalid(format!(
            "`{name}` cannot be an organization's name: use 3 to 40 letters, digits, `_` or `-`, and begin and end with a letter or digit"
        )))
    }
}

/// Checks a new login: 1 to 40 letters, digits, `_`, `.`, `@`, `+` and `-`.
pub fn check_login(login: &str) -> Result<(), Error> {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'+');
    if (1..=40).contains(&login.len()) && login.bytes().all(shape) && login != "." && login != ".." {
        Ok(())
    } else {
        Err(Error::Invalid(format!(
            "`{login}` cannot be a login: use 1 to 40 letters, digits, `_`, `.`, `@`, `+` or `-`"
        )))
    }
}
