//! Data keys: found by the identifier that stands in a ciphertext, unwrapped once, kept.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use ledger::{EnvironmentId, OrganizationId};
use seal::{Binding, DataKey, Purpose, Sealed, SecretString};
use store::data_key::{self, WrappedKey};
use store::{Question, Read, StoreError};

use crate::Engine;
use crate::error::{Error, What};

/// How many unwrapped keys are kept. Beyond it the memory is emptied, and fills again.
const KEPT: usize = 10_000;

/// A data key, and whose it is.
pub(crate) struct OwnedKey {
    key: DataKey,
    /// Whose.
    pub(crate) organization: OrganizationId,
    /// Which environment's; none for the organisation's own.
    pub(crate) environment: Option<EnvironmentId>,
}

impl OwnedKey {
    fn binding<'a>(&'a self, purpose: Purpose, extra: &'a str) -> Binding<'a> {
        Binding {
            organization: self.organization.as_str(),
            environment: self.environment.as_ref().map_or("", |id| id.as_str()),
            purpose,
            extra,
        }
    }

    /// Seals a plaintext of an environment's definition.
    pub(crate) fn seal_definition(&self, plaintext: &str, random: &dyn seal::Random) -> Vec<u8> {
        self.key.seal(&self.binding(Purpose::Definition, ""), plaintext.as_bytes(), random).into_bytes()
    }

    /// Unseals a ciphertext of an environment's definition.
    pub(crate) fn open_definition(&self, sealed: &Sealed) -> Option<SecretString> {
        self.key.open(&self.binding(Purpose::Definition, ""), sealed).ok()?.into_text()
    }

    /// Seals what an open session keeps.
    pub(crate) fn seal_session(&self, session: &str, plaintext: &[u8], random: &dyn seal::Random) -> Vec<u8> {
        self.key.seal(&self.binding(Purpose::Session, session), plaintext, random).into_bytes()
    }

    /// Unseals what an open session keeps.
    pub(crate) fn open_session(&self, session: &str, sealed: &Sealed) -> Option<seal::SecretBytes> {
        self.key.open(&self.binding(Purpose::Session, session), sealed).ok()
    }

    /// Seals what a rotation is about to set at a path.
    pub(crate) fn seal_rotation(&self, path: &str, plaintext: &[u8], random: &dyn seal::Random) -> Vec<u8> {
        self.key.seal(&self.binding(Purpose::Rotation, path), plaintext, random).into_bytes()
    }

    /// Unseals what a rotation was about to set at a path.
    pub(crate) fn open_rotation(&self, path: &str, sealed: &Sealed) -> Option<seal::SecretBytes> {
        self.key.open(&self.binding(Purpose::Rotation, path), sealed).ok()
    }
}

/// An environment or, without one, the organisation itself.
type Owner = (OrganizationId, Option<EnvironmentId>);

/// The keys that were unwrapped.
#[derive(Default)]
pub(crate) struct Keys {
    by_id: RwLock<HashMap<[u8; 16], Arc<OwnedKey>>>,
    by_owner: RwLock<HashMap<Owner, [u8; 16]>>,
}

impl Keys {
    fn get(&self, id: &[u8; 16]) -> Option<Arc<OwnedKey>> {
        self.by_id.read().expect("no one panics while reading keys").get(id).cloned()
    }

    fn of(&self, owner: &Owner) -> Option<Arc<OwnedKey>> {
        let id = *self.by_owner.read().expect("no one panics while reading keys").get(owner)?;
        self.get(&id)
    }

    fn keep(&self, id: [u8; 16], key: OwnedKey) -> Arc<OwnedKey> {
        let owner = (key.organization, key.environment);
        let key = Arc::new(key);
        let mut by_id = self.by_id.write().expect("no one panics while keeping a key");
        let mut by_owner = self.by_owner.write().expect("no one panics while keeping a key");
        if by_id.len() >= KEPT {
            by_id.clear();
            by_owner.clear();
        }
        by_id.insert(id, Arc::clone(&key));
        by_owner.insert(owner, id);
        key
    }
}

/// Which key is looked for.
enum Wanted {
    Id([u8; 16]),
    Owner(OrganizationId, Option<EnvironmentId>),
}

impl Question for Wanted {
    type Answer = Option<WrappedKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Option<WrappedKey>, StoreError> {
        match self {
            Self::Id(id) => data_key::find(read, id).await,
            Self::Owner(_, Some(environment)) => data_key::of_environment(read, environment).await,
            Self::Owner(organization, None) => data_key::of_organization(read, organization).await,
        }
    }
}

impl Engine {
    /// Makes a data key: the key, and the row that keeps it.
    pub(crate) fn new_key(&self, organization: OrganizationId, environment: Option<EnvironmentId>) -> WrappedKey {
        let key = DataKey::generate(&*self.ambient().random);
        let owned = OwnedKey { key, organization, environment };
        let id = owned.key.id().0;
        let wrapped =
            self.0.outside.ring.wrap(&owned.key, &owned.binding(Purpose::DataKey, ""), &*self.ambient().random);
        WrappedKey { id, organization, environment, wrapped }
    }

    /// The key that made a ciphertext, if there is one.
    pub(crate) async fn key_of(&self, sealed: &Sealed) -> Result<Option<Arc<OwnedKey>>, Error> {
        let id = sealed.key_id().0;
        if let Some(key) = self.0.keys.get(&id) {
            return Ok(Some(key));
        }
        let wrapped = self.store().ask(Wanted::Id(id)).await?;
        wrapped.map(|wrapped| self.unwrap_key(&wrapped)).transpose()
    }

    /// The key that seals what belongs to an environment or, without one, to the organisation.
    pub(crate) async fn key_for(
        &self,
        organization: OrganizationId,
        environment: Option<EnvironmentId>,
    ) -> Result<Arc<OwnedKey>, Error> {
        if let Some(key) = self.0.keys.of(&(organization, environment)) {
            return Ok(key);
        }
        let wrapped = self.store().ask(Wanted::Owner(organization, environment)).await?;
        // Every environment and organisation is created with its key; one without was deleted
        // between two look-ups.
        self.unwrap_key(&wrapped.ok_or(Error::Absent(What::Environment))?)
    }

    /// Forgets the key of an environment that is there no more.
    pub(crate) fn forget_key(&self, organization: OrganizationId, environment: EnvironmentId) {
        let mut by_id = self.0.keys.by_id.write().expect("no one panics while forgetting a key");
        let mut by_owner = self.0.keys.by_owner.write().expect("no one panics while forgetting a key");
        if let Some(id) = by_owner.remove(&(organization, Some(environment))) {
            by_id.remove(&id);
        }
    }

    /// Unwraps a key, and keeps it.
    pub(crate) fn unwrap_key(&self, wrapped: &WrappedKey) -> Result<Arc<OwnedKey>, Error> {
        let binding = Binding {
            organization: wrapped.organization.as_str(),
            environment: wrapped.environment.as_ref().map_or("", |id| id.as_str()),
            purpose: Purpose::DataKey,
            extra: "",
        };
        let key = self.0.outside.ring.unwrap(&wrapped.wrapped, &binding).map_err(|_| Error::Undecipherable)?;
        let owned = OwnedKey { key, organization: wrapped.organization, environment: wrapped.environment };
        Ok(self.0.keys.keep(wrapped.id, owned))
    }
}
