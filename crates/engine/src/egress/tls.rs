//! Whom to believe that they are who was called.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;

use super::{EgressError, EgressSetUpError};

/// Trusts the authorities of this machine, and those of a file.
pub(super) struct Tls {
    given: RootCertStore,
    /// Made with the first call: what calls nobody need not read the authorities of the machine.
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    pub(super) fn new(ca_cert: Option<&Path>) -> Result<Self, EgressSetUpError> {
        let given = ca_cert.map_or_else(|| Ok(RootCertStore::empty()), read)?;
        Ok(Self { given, connector: OnceCell::new() })
    }

    pub(super) async fn connector(&self) -> Result<&TlsConnector, EgressError> {
        self.connector.get_or_try_init(|| self.connect_with()).await
    }

    async fn connect_with(&self) -> Result<TlsConnector, EgressError> {
        let mut roots = self.given.clone();
        let native = spawn_blocking(rustls_native_certs::load_native_certs).await;
        // A machine without authorities, as in a small container, can still be given a file.
        roots.add_parsable_certificates(native.map(|native| native.certs).unwrap_or_default());
        if roots.is_empty() {
            return Err(EgressError::NobodyTrusted);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions that rustls takes to be safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn read(path: &Path) -> Result<RootCertStore, EgressSetUpError> {
    let unusable = |source: Box<dyn std::error::Error + Send + Sync>| EgressSetUpError::Authorities {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.into()))? {
        let certificate = certificate.map_err(|error| unusable(error.into()))?;
        roots.add(certificate).map_err(|error| unusable(error.into()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate".into()));
    }
    Ok(roots)
}
