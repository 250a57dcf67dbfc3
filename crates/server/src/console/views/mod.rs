//! What each page of the console shows, and the template that draws it.
//!
//! A handler fills one of these structs and calls [`Template::render`]. The
//! structs hold words ready to be read: nothing here asks for the time, knows a
//! permission, or reaches the engine. Escaping is `askama`'s, for every value.

mod access;
mod audit_logs;
mod cli_login;
mod environment;
mod environments;
mod error;
mod invite;
mod log_key;
mod moment;
mod people;
mod roles;
#[cfg(test)]
mod samples;
mod sentence;
mod shell;
mod sign_in;
#[cfg(test)]
mod tests;
mod welcome;

pub mod links;

pub use access::{Access, MemberAccess};
pub use askama::Template;
pub use audit_logs::{
    AuditLogs, AuditLogsForbidden, Entry, EnvironmentRef, EventChoice, EventGroup, Extent, Filter, Outcome, UserChoice,
};
pub use cli_login::{CliLogin, CliLoginEnd};
pub use environment::{Change, CodeLine, Environment, Part, Revision, RevisionRow, ScheduleRow};
pub use environments::{Activity, EnvironmentRow, Environments};
pub use error::ErrorPage;
pub use invite::{Invite, InviteExpired};
pub use log_key::{LogKey, Signed};
pub use moment::Moment;
pub use people::{Kind, Person};
pub use roles::{RoleHolders, RoleRow, Roles};
pub use sentence::Sentence;
pub use shell::{Organization, Section, Shell};
pub use sign_in::{SignIn, SignInError, Way};
pub use welcome::{Welcome, WelcomeExpired};

/// An integer with a comma between thousands, as in 4,711.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
