//! The one way out, against real servers on the loopback interface that behave badly.

mod host;
mod limits;
mod policy;
mod tls;

use std::time::Duration;

use engine::egress::{Call, Egress, EgressError, EgressSettings, Reply};
use engine::ledger::OrganizationId;
use engine::seal::SecretBytes;
use http::{HeaderMap, Method};

pub(crate) use host::Host;

/// What lets tests call their own machine, and nothing else that is not public.
fn to_loopback() -> EgressSettings {
    EgressSettings { allow: vec!["127.0.0.0/8".parse().unwrap()], ..EgressSettings::default() }
}

/// As soon as possible: for what is to run out of time.
const AT_ONCE: Duration = Duration::from_millis(1);

fn organization(number: u8) -> OrganizationId {
    OrganizationId::from_random([number; 10])
}

fn call(url: &str) -> Call {
    Call {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: SecretBytes::new(b"hello".to_vec()),
    }
}

async fn send(settings: EgressSettings, url: &str) -> Result<Reply, EgressError> {
    Egress::new(settings).unwrap().send(organization(1), call(url)).await
}

async fn refusal(settings: EgressSettings, url: &str) -> String {
    match send(settings, url).await {
        Ok(reply) => format!("answered with {}", reply.status),
        Err(error) => error.to_string(),
    }
}
