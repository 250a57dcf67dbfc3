//! Real servers of others that rotators act on, private to one test. Where one is not installed, the test says so and
//! looks no further; where none may be missing, `ESCRIBA_TEST_TARGETS` is `required`.

mod mariadb;
mod postgres;
mod process;

pub(crate) use mariadb::MariaDbTarget;
pub(crate) use postgres::PostgresTarget;

/// Says that a server is missing.
fn missing(what: &str) {
    assert!(std::env::var("ESCRIBA_TEST_TARGETS").as_deref() != Ok("required"), "{what} is not installed");
    eprintln!("not tested: {what} is not installed");
}
