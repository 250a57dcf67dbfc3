//! Whom to believe that they are the server.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Trusts the authorities of this machine and those of a file.
pub(super) fn connector(ca_cert: Option<&Path>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    // A machine without authorities, as in a small container, can still be given a file.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_cert {
        let name = path.display();
        let certificates = CertificateDer::pem_file_iter(path).with_context(|| format!("{name} cannot be read"))?;
        let certificates: Vec<_> =
            certificates.collect::<Result<_, _>>().with_context(|| format!("{name} is not a certificate in PEM"))?;
        if certificates.is_empty() {
            bail!("{name} holds no certificate in PEM");
        }
        for certificate in certificates {
            roots.add(certificate).with_context(|| format!("a certificate of {name} cannot be used"))?;
        }
    }
    if roots.is_empty() {
        bail!("this machine has no certificates of authorities to trust; give some with --ca-cert");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be used")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
