//! The rules of a policy: which identities of an issuer get which tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Claims;
use crate::access::Role;
use crate::error::Error;

/// The most rules of a policy, and claims of a rule.
const MOST: usize = 100;
/// The longest name or pattern, in characters.
const LONGEST: usize = 512;

/// What a rule says of those whom it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// They get the token, if no other rule says no.
    Allow,
    /// They do not get it, whatever other rules say.
    Deny,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenType {
    /// Acts as the organisation.
    Organization,
    /// Acts as a team.
    Team,
    /// Acts as a user.
    Personal,
    /// Runs deployments, of which there are none here.
    #[serde(alias = "runner")]
    DeploymentRunner,
}

impl TokenType {
    /// The word for it, on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Team => "team",
            Self::Personal => "personal",
            Self::DeploymentRunner => "deployment-runner",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "organization" => Some(Self::Organization),
            "team" => Some(Self::Team),
            "personal" => Some(Self::Personal),
            "deployment-runner" | "runner" => Some(Self::DeploymentRunner),
            _ => None,
        }
    }
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it says.
    pub decision: Decision,
    /// Of which tokens.
    pub token: TokenType,
    /// Of which team's; needed for a team's tokens.
    pub team: Option<String>,
    /// Of whose; needed for personal tokens.
    pub user: Option<String>,
    /// Of which runner's.
    pub runner: Option<String>,
    /// For tokens of the organisation: `admin`, `standard`.
    pub permissions: Vec<String>,
    /// What claims must say, all of them: `*` stands for any text.
    pub claims: BTreeMap<String, String>,
}

/// A token that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedToken {
    /// What it is for.
    pub token: TokenType,
    /// Of which team, or of which user.
    pub of: String,
    /// What it is to be in the organisation. Only the organisation's own can be an administrator.
    pub role: Role,
}

impl Rule {
    /// Checks that the rule makes sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let complaint = match self.token {
            TokenType::Team if self.team.is_none() => Some("a rule for tokens of a team needs `teamName`"),
            TokenType::Personal if self.user.is_none() => Some("a rule for personal tokens needs `userLogin`"),
            _ if self.permissions.iter().any(|word| !matches!(&**word, "admin" | "standard")) => {
                Some("`authorizedPermissions` may hold `admin` and `standard`")
            }
            // A rule that asks nothing of an identity would let in whomever the issuer knows.
            _ if self.decision == Decision::Allow && self.claims.is_empty() => {
                Some("a rule that allows needs at least one claim in `rules`")
            }
            _ if self.claims.len() > MOST => Some("a rule has at most 100 claims"),
            _ => None,
        };
        let names = [&self.team, &self.user, &self.runner].into_iter().flatten();
        let texts = names.chain(self.claims.keys()).chain(self.claims.values());
        match complaint {
            Some(complaint) => Err(Error::Invalid(complaint.to_owned())),
            None if texts.into_iter().any(|text| text.chars().count() > LONGEST || text.contains('\0')) => {
                Err(Error::Invalid("a name or pattern of a rule is too long".to_owned()))
            }
            None => Ok(()),
        }
    }

    fn fits(&self, wanted: &WantedToken, claims: &Claims) -> bool {
        let subject = match wanted.token {
            TokenType::Organization => true,
            TokenType::Team => self.team.as_deref() == Some(&wanted.of),
            TokenType::Personal => self.user.as_deref() == Some(&wanted.of),
            TokenType::DeploymentRunner => self.runner.as_deref() == Some(&wanted.of),
        };
        // Only an organisation's token can be an administrator's. To deny is to deny both.
        let permission = match self.decision {
            Decision::Deny => true,
            Decision::Allow => wanted.role == Role::Member || self.permissions.iter().any(|word| word == "admin"),
        };
        let said = |(name, pattern): (&String, &String)| claims.says(name, |value| fits_pattern(pattern, value));
        self.token == wanted.token && subject && permission && self.claims.iter().all(said)
    }
}

/// Whether these rules let somebody with these claims have a token: one allows it, and none denies it.
pub(crate) fn allow(rules: &[Rule], wanted: &WantedToken, claims: &Claims) -> bool {
    let fitting = || rules.iter().filter(|rule| rule.fits(wanted, claims));
    fitting().any(|rule| rule.decision == Decision::Allow) && fitting().all(|rule| rule.decision != Decision::Deny)
}

/// Checks the rules of a policy.
pub(crate) fn check(rules: &[Rule]) -> Result<(), Error> {
    if rules.len() > MOST {
        return Err(Error::Invalid(format!("a policy has at most {MOST} rules")));
    }
    rules.iter().try_for_each(Rule::check)
}

/// Whether a text fits a pattern, in which `*` stands for any text.
fn fits_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut text) = text.strip_suffix(last) else { return false };
    // What stands between stars is found at the first place where it can be: no other place leaves more.
    for part in middle.split('*') {
        match text.find(part) {
            Some(place) => text = &text[place + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Decision, Rule, TokenType, WantedToken, allow, fits_pattern};
    use crate::access::Role;
    use crate::oidc::Claims;

    fn rule(decision: Decision, claims: &[(&str, &str)]) -> Rule {
        Rule {
            decision,
            token: TokenType::Personal,
            team: None,
            user: Some("ada".to_owned()),
            runner: None,
            permissions: Vec::new(),
            claims: claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn claims() -> Claims {
        let claims = json!({ "sub": "repo:acme/web:ref:main", "groups": ["dev", "ops"], "run": 7, "fork": false });
        Claims(claims.as_object().unwrap().clone())
    }

    fn ada() -> WantedToken {
        WantedToken { token: TokenType::Personal, of: "ada".to_owned(), role: Role::Member }
    }

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "abc"),
            ("a*", "a"),
            ("*c", "abc"),
            ("a*c", "ac"),
            ("a*b*c", "aXbYbc"),
            ("**", "x"),
            ("a**b", "ab"),
            ("a.c", "a.c"),
        ] {
            assert!(fits_pattern(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("a", ""), ("a*a", "a"), ("ab*bc", "abc"), ("a*b*c", "ac"), ("a.c", "abc"), ("A", "a")]
        {
            assert!(!fits_pattern(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn somebody_gets_a_token_that_one_rule_allows_and_none_denies() {
        let allowed =
            rule(Decision::Allow, &[("sub", "repo:acme/*"), ("groups", "ops"), ("run", "7"), ("fork", "false")]);
        let denied = rule(Decision::Deny, &[("groups", "dev")]);
        assert!(allow(std::slice::from_ref(&allowed), &ada(), &claims()));
        assert!(!allow(&[], &ada(), &claims()));
        assert!(!allow(&[allowed.clone(), denied.clone()], &ada(), &claims()));
        assert!(!allow(&[denied], &ada(), &claims()));
        for missing in [("sub", "repo:evil/*"), ("groups", "admin"), ("nothing", "*"), ("run", "8")] {
            assert!(!allow(&[rule(Decision::Allow, &[missing])], &ada(), &claims()), "{missing:?}");
        }
    }

    #[test]
    fn a_rule_is_about_one_kind_of_token_and_one_owner() {
        let rules = [rule(Decision::Allow, &[("sub", "*")])];
        assert!(!allow(&rules, &WantedToken { of: "ben".to_owned(), ..ada() }, &claims()));
        for token in [TokenType::Organization, TokenType::Team, TokenType::DeploymentRunner] {
            assert!(!allow(&rules, &WantedToken { token, ..ada() }, &claims()));
        }
    }

    #[test]
    fn an_administrators_token_needs_a_rule_that_says_so() {
        let mut rules = [Rule { token: TokenType::Organization, user: None, ..rule(Decision::Allow, &[("sub", "*")]) }];
        let standard = WantedToken { token: TokenType::Organization, of: String::new(), role: Role::Member };
        let admin = WantedToken { role: Role::Admin, ..standard.clone() };
        assert!(allow(&rules, &standard, &claims()) && !allow(&rules, &admin, &claims()));
        rules[0].permissions = vec!["admin".to_owned()];
        assert!(allow(&rules, &admin, &claims()) && allow(&rules, &standard, &claims()));
    }

    #[test]
    fn a_rule_that_asks_nothing_of_an_identity_is_refused() {
        assert!(rule(Decision::Allow, &[]).check().is_err());
        assert!(rule(Decision::Deny, &[]).check().is_ok());
        assert!(Rule { user: None, ..rule(Decision::Allow, &[("sub", "*")]) }.check().is_err());
    }
}
