//! Teams of an organisation.

use serde::{Deserialize, Serialize};

/// A team.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Its name in paths.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Always `pulumi`: the team is kept here.
    pub kind: &'static str,
    /// Who belongs to it; a list of teams does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<TeamMember>>,
    /// What its members may do with environments; a list of teams does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<TeamEnvironment>>,
    /// What the caller is in it: `none`, `member` or `admin`; a list of teams does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_role: Option<&'static str>,
}

/// Somebody in a team.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamMember {
    /// The person's name.
    pub name: String,
    /// The login.
    pub github_login: String,
    /// Where the picture is.
    pub avatar_url: String,
    /// `member` or `admin`, in the team.
    pub role: String,
}

/// What the members of a team may do with an environment.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TeamEnvironment {
    /// The environment's project.
    pub project_name: String,
    /// The environment's name.
    pub env_name: String,
    /// `none`, `read`, `open`, `write` or `admin`.
    pub permission: String,
    /// The longest an opening may last, such as `2h0m0s`; absent if it is not bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_open_duration: Option<String>,
}

/// Teams, by name.
#[derive(Debug, Serialize)]
pub struct ListTeams {
    /// The teams.
    pub teams: Vec<Team>,
}

/// The names of the teams that somebody belongs to.
#[derive(Debug, Serialize)]
pub struct ListTeamNames {
    /// The names.
    pub teams: Vec<String>,
}

/// A request for a new team.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CreateTeam {
    /// Its name in paths.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
}

/// A change of a team.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateTeam {
    /// What people call it from now on.
    pub new_display_name: Option<String>,
    /// What it is for from now on.
    pub new_description: Option<String>,
    /// The login of a member.
    pub member: Option<String>,
    /// `add`, `remove`, `promote` or `demote`.
    pub member_action: Option<String>,
    /// An environment that its members may use.
    pub add_environment_permission: Option<TeamEnvironment>,
    /// What its members may do from now on with an environment.
    pub edit_environment_permission: Option<TeamEnvironment>,
    /// An environment that its members may no longer use.
    pub remove_environment: Option<TeamEnvironment>,
}
