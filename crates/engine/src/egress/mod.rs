//! The one way out of the server.
//!
//! Users name what providers and rotators call. So whatever leaves goes through here: to addresses that the policy lets
//! it go to, looked at after the name was resolved and then connected to as they are; without following anybody
//! elsewhere; within limits of time and size; and only so many at once for one organisation and to one host, so that
//! what hangs holds up nobody else.

mod connect;
mod error;
mod http;
mod policy;
mod slots;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use ledger::OrganizationId;
use tokio::time::timeout;

pub use connect::Connection;
pub use error::{EgressError, EgressSetUpError};
pub(crate) use http::escape;
pub use http::{Call, Reply};

use http::Target;
use policy::Policy;
use slots::Slots;
use tls::Tls;

/// What may leave the server, and how far.
#[derive(Clone, Debug)]
pub struct EgressSettings {
    /// Networks that may be called although they are not public.
    pub allow: Vec<IpNet>,
    /// Networks that must not be called, whatever else is said of them.
    pub deny: Vec<IpNet>,
    /// Certificates of authorities, PEM, that are trusted besides those of this machine.
    pub ca_cert: Option<PathBuf>,
    /// How long it may take until there is a connection: resolving the name and shaking hands included.
    pub connect_timeout: Duration,
    /// How long a call may take in all, waiting for its turn included.
    pub timeout: Duration,
    /// How many bytes a request may send.
    pub most_sent: usize,
    /// How many bytes an answer may have.
    pub most_received: usize,
    /// How many calls and connections of one organisation there are at once. The others wait.
    pub at_once: usize,
    /// How many of them there are at once to one host and port.
    pub at_once_to_host: usize,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
            ca_cert: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            most_sent: 1 << 20,
            most_received: 1 << 20,
            at_once: 32,
            at_once_to_host: 8,
        }
    }
}

/// The one way out of the server. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    settings: EgressSettings,
    policy: Policy,
    /// The policy for hosts that the operator named.
    named: Policy,
    slots: Slots,
    tls: Tls,
}

impl Egress {
    /// A way out within these limits. Reads the file of authorities, if there is one.
    pub fn new(settings: EgressSettings) -> Result<Self, EgressSetUpError> {
        let policy = Policy { allow: settings.allow.clone(), deny: settings.deny.clone() };
        let named = policy.of_named_hosts();
        let tls = Tls::new(settings.ca_cert.as_deref())?;
        let slots = Slots::new(settings.at_once, settings.at_once_to_host);
        Ok(Self(Arc::new(Inner { settings, policy, named, slots, tls })))
    }

    /// Sends a request, for an organisation, and gives what was answered: whatever its status, for no redirection is
    /// followed.
    pub async fn send(&self, organization: OrganizationId, call: Call) -> Result<Reply, EgressError> {
        self.send_as(Some(organization), |_| &self.0.policy, call).await
    }

    /// The same for the server itself, whose operator named a host: that host may have an address that nobody else may
    /// call. Wherever else a call leads, as by what the host answers, the policy is that for everybody.
    pub async fn send_to_named(&self, host: &str, call: Call) -> Result<Reply, EgressError> {
        let policy = |called: &str| if called.eq_ignore_ascii_case(host) { &self.0.named } else { &self.0.policy };
        self.send_as(None, policy, call).await
    }

    async fn send_as<'a>(
        &'a self,
        whose: Option<OrganizationId>,
        policy: impl FnOnce(&str) -> &'a Policy,
        call: Call,
    ) -> Result<Reply, EgressError> {
        let Inner { settings, slots, .. } = &*self.0;
        if call.body.expose().len() > settings.most_sent {
            return Err(EgressError::RequestTooLarge { limit: settings.most_sent });
        }
        let target = Target::of(&call.url)?;
        let policy = policy(&target.host);
        let mut taken = None;
        let sent = timeout(settings.timeout, async {
            let slot = taken.insert(slots.take(whose, &target.host, target.port).await);
            // In a place of its own: whoever calls out from deep within something keeps little for it.
            Box::pin(http::send(&self.0, policy, slot, &target, call)).await
        });
        match sent.await {
            Ok(answered) => answered,
            Err(_) if taken.is_some() => Err(EgressError::Late),
            Err(_) => Err(EgressError::Busy),
        }
    }

    /// Connects to a port, for an organisation: for what speaks another protocol than HTTP. The connection takes one of
    /// the organisation's turns until it is dropped; how long it lives and what it reads is for the caller to bound.
    pub async fn connect(
        &self,
        organization: OrganizationId,
        host: &str,
        port: u16,
    ) -> Result<Connection, EgressError> {
        let Inner { settings, policy, slots, .. } = &*self.0;
        let turn = slots.take(Some(organization), host, port);
        let slot = timeout(settings.timeout, turn).await.map_err(|_| EgressError::Busy)?;
        let connecting = connect::connect(policy, &slot, host, port);
        let stream = timeout(settings.connect_timeout, connecting).await.map_err(|_| EgressError::Unanswered)??;
        Ok(Connection::new(stream, slot))
    }
}

/// Says what it is, and nothing of what it holds.
impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
